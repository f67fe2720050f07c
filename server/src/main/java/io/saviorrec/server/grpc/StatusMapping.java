package io.saviorrec.server.grpc;

import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.ErrorText;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.store.StoreException;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The gRPC status of every failure; nothing maps to UNKNOWN.
final class StatusMapping {
  private static final Logger log = LoggerFactory.getLogger(StatusMapping.class);

  private StatusMapping() {}

  static Status toStatus(Throwable failure) {
    return switch (failure) {
      case CompletionException e when e.getCause() != null -> toStatus(e.getCause());
      case RequestException e -> {
        if (e.code() == ErrorCode.INTERNAL) {
          log.error("request failed", e);
        }
        yield toStatus(e.code()).withDescription(ErrorText.limit(e.getMessage()));
      }
      case StoreException e -> {
        // The store itself says what is wrong, and where.
        log.debug("the item store failed", e);
        yield (e.full() ? Status.RESOURCE_EXHAUSTED : Status.UNAVAILABLE)
            .withDescription(ErrorText.limit(String.valueOf(e.getMessage())));
      }
      case StatusRuntimeException e when e.getStatus().getCode() != Status.Code.UNKNOWN ->
          e.getStatus();
      case StatusException e when e.getStatus().getCode() != Status.Code.UNKNOWN -> e.getStatus();
      default -> {
        log.error("request failed", failure);
        yield Status.INTERNAL.withDescription(describe(failure));
      }
    };
  }

  private static Status toStatus(ErrorCode code) {
    return switch (code) {
      case INVALID_ARGUMENT -> Status.INVALID_ARGUMENT;
      case NOT_FOUND -> Status.NOT_FOUND;
      case PERMISSION_DENIED -> Status.PERMISSION_DENIED;
      case RESOURCE_EXHAUSTED -> Status.RESOURCE_EXHAUSTED;
      case DEADLINE_EXCEEDED -> Status.DEADLINE_EXCEEDED;
      case CANCELLED -> Status.CANCELLED;
      case UNAVAILABLE -> Status.UNAVAILABLE;
      case INTERNAL -> Status.INTERNAL;
    };
  }

  /// The first line only: engines put whole stack traces into their messages.
  private static String describe(Throwable failure) {
    String message = String.valueOf(failure.getMessage());
    return ErrorText.limit(
        failure.getClass().getSimpleName()
            + ": "
            + message.lines().findFirst().orElse("no message"));
  }
}
