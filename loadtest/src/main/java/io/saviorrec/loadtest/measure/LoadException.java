package io.saviorrec.loadtest.measure;

/// A load that could not be put on a server, told in one line that says what to do.
public final class LoadException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public LoadException(String message) {
    super(message);
  }

  public LoadException(String message, Throwable cause) {
    super(message, cause);
  }
}
