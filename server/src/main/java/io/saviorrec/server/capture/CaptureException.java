package io.saviorrec.server.capture;

/// A capture that could not be written.
final class CaptureException extends Exception {
  private static final long serialVersionUID = 1L;

  CaptureException(String message, Throwable cause) {
    super(message, cause);
  }
}
