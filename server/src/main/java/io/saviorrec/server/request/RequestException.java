package io.saviorrec.server.request;

/// A request that failed for a reason that its caller is told.
public final class RequestException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;

  /// Carries no stack trace: a server that sheds load must not spend its time on walking stacks.
  public RequestException(ErrorCode code, String message) {
    super(message, null, false, false);
    this.code = code;
  }

  public RequestException(ErrorCode code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  public static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_ARGUMENT, message);
  }

  public ErrorCode code() {
    return code;
  }

  @Override
  public String getMessage() {
    String message = super.getMessage();
    return message == null ? code.name() : message;
  }
}
