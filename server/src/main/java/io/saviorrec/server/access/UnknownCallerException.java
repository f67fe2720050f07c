package io.saviorrec.server.access;

/// A call of somebody who did not say who it is, or whom the server does not know.
public final class UnknownCallerException extends Exception {
  private static final long serialVersionUID = 1L;

  /// Carries no stack trace: whoever is not known must not cost much.
  UnknownCallerException(String message) {
    super(message, null, false, false);
  }
}
