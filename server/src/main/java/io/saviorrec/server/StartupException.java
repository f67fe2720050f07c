package io.saviorrec.server;

import java.io.IOException;
import java.net.BindException;

/// A reason why the server cannot start that whoever started it can repair, told in one line.
final class StartupException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private StartupException(String message, Throwable cause) {
    super(message, cause);
  }

  /// An address cannot be listened on.
  ///
  /// @param what would be answered there
  /// @param option of the command line that names another port
  static StartupException cannotListen(
      String what, String host, int port, String option, IOException e) {
    return new StartupException(
        "cannot listen on "
            + host
            + ":"
            + port
            + " for "
            + what
            + ": "
            + (taken(e) ? "the port is in use; choose another with " + option : e.getMessage()),
        e);
  }

  /// The JDK says it by the type, Netty's native transport by the message alone.
  private static boolean taken(Throwable e) {
    Throwable cause = e;
    while (cause != null) {
      if (cause instanceof BindException
          || String.valueOf(cause.getMessage()).contains("Address already in use")) {
        return true;
      }
      cause = cause.getCause();
    }
    return false;
  }
}
