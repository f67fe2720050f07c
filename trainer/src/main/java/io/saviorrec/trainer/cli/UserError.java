package io.saviorrec.trainer.cli;

/// An error that its user can repair: one line on standard error and exit status 1, without a stack
/// trace.
public final class UserError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public UserError(String message) {
    super(message);
  }

  public UserError(String message, Throwable cause) {
    super(message, cause);
  }
}
