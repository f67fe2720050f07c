package io.saviorrec.client;

import io.grpc.Status;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.time.Duration;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// A call that failed, told in one line: its gRPC status and what the server said.
public final class CallException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Status.Code code;
  private final String serverMessage;
  private final boolean unreachable;

  private CallException(
      String message,
      Status.Code code,
      String serverMessage,
      boolean unreachable,
      @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
    this.serverMessage = serverMessage;
    this.unreachable = unreachable;
  }

  /// What a call of one's own, on a channel of [Channels], ended with.
  public static CallException of(
      Status status, String target, Duration deadline, @Nullable Throwable cause) {
    Throwable refusal = connectionFailure(status);
    if (status.getCode() == Status.Code.UNAVAILABLE && refusal != null) {
      return new CallException(
          "cannot reach a server at %s (%s)".formatted(target, refusal.getMessage()),
          status.getCode(),
          "",
          true,
          cause);
    }
    if (status.getCode() == Status.Code.DEADLINE_EXCEEDED) {
      return new CallException(
          "no answer from %s within %d ms".formatted(target, deadline.toMillis()),
          status.getCode(),
          "",
          false,
          cause);
    }
    String said = status.getDescription() == null ? "" : status.getDescription();
    return new CallException(
        "%s answered %s%s".formatted(target, status.getCode(), said.isEmpty() ? "" : ": " + said),
        status.getCode(),
        said,
        false,
        cause);
  }

  public Status.Code code() {
    return code;
  }

  /// The server's own words; empty where it did not say anything.
  public String serverMessage() {
    return serverMessage;
  }

  /// Whether no connection could be made, so that no server has seen the call.
  public boolean unreachable() {
    return unreachable;
  }

  private static @Nullable Throwable connectionFailure(Status status) {
    Throwable cause = status.getCause();
    while (cause != null) {
      if (cause instanceof ConnectException
          || cause instanceof UnknownHostException
          || cause instanceof SSLException) {
        return cause;
      }
      cause = cause.getCause();
    }
    return null;
  }
}
