package io.saviorrec.server.request;

import java.util.OptionalLong;

/// A request that failed for a reason that its caller is told.
public final class RequestException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private static final long NO_HINT = -1;

  private final ErrorCode code;
  private final long retryAfterMillis;

  /// Carries no stack trace: a server that sheds load must not spend its time on walking stacks.
  public RequestException(ErrorCode code, String message) {
    this(code, message, NO_HINT);
  }

  private RequestException(ErrorCode code, String message, long retryAfterMillis) {
    super(message, null, false, false);
    this.code = code;
    this.retryAfterMillis = retryAfterMillis;
  }

  public RequestException(ErrorCode code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
    this.retryAfterMillis = NO_HINT;
  }

  public static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_ARGUMENT, message);
  }

  /// A request that found no room.
  ///
  /// @param retryAfterMillis when there should be room
  public static RequestException exhausted(String message, long retryAfterMillis) {
    return new RequestException(ErrorCode.RESOURCE_EXHAUSTED, message, retryAfterMillis);
  }

  public ErrorCode code() {
    return code;
  }

  /// When to come back, where that can be said.
  public OptionalLong retryAfterMillis() {
    return retryAfterMillis == NO_HINT ? OptionalLong.empty() : OptionalLong.of(retryAfterMillis);
  }

  @Override
  public String getMessage() {
    String message = super.getMessage();
    return message == null ? code.name() : message;
  }
}
