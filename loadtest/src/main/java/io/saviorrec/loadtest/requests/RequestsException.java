package io.saviorrec.loadtest.requests;

/// Requests that cannot be used, told in one line that says what to do.
public final class RequestsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public RequestsException(String message) {
    super(message);
  }

  public RequestsException(String message, Throwable cause) {
    super(message, cause);
  }
}
