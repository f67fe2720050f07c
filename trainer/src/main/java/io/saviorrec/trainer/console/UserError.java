package io.saviorrec.trainer.console;

/// A mistake in what the user gave, told in one line that says what to do.
public class UserError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public UserError(String message) {
    super(message);
  }

  public UserError(String message, Throwable cause) {
    super(message, cause);
  }
}
