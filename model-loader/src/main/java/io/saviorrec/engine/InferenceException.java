package io.saviorrec.engine;

/// A failure of the engine while it ran a method of an archive.
public final class InferenceException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  InferenceException(String message, Throwable cause) {
    super(message, cause);
  }
}
