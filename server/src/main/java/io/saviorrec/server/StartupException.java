package io.saviorrec.server;

/// A reason why the server cannot start that whoever started it can repair.
final class StartupException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  StartupException(String message, Throwable cause) {
    super(message, cause);
  }
}
