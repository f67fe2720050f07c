package io.saviorrec.server.health;

import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/// What a failure says of the server.
final class Reason {
  private Reason() {}

  /// The failure itself, without what futures wrap it in.
  static @Nullable Throwable of(@Nullable Throwable failure) {
    return switch (failure) {
      case CompletionException e when e.getCause() != null -> of(e.getCause());
      case ExecutionException e when e.getCause() != null -> of(e.getCause());
      case null, default -> failure;
    };
  }

  /// Whether the server is to blame, and not the request, its caller or the load.
  static boolean blamesServer(@Nullable Throwable failure) {
    return switch (of(failure)) {
      case null -> false;
      case RequestException e -> e.code() == ErrorCode.INTERNAL;
      default -> true;
    };
  }

  /// The first line: engines put whole stack traces into their messages.
  static String line(@Nullable Throwable failure) {
    Throwable cause = of(failure);
    if (cause == null) {
      return "no reason given";
    }
    String message = String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
    return cause instanceof RequestException
        ? message
        : cause.getClass().getSimpleName() + ": " + message;
  }
}
