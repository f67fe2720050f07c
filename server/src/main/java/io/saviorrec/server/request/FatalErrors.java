package io.saviorrec.server.request;

import org.jspecify.annotations.Nullable;

/// The errors that no server can go on after: out of memory, and a virtual machine that is broken.
///
/// Memory that is gone is gone for every thread, and which of them fails next is chance; a server
/// that lives on answers some and loses others. So whoever catches what it does not know hands it
/// in here first.
public final class FatalErrors {
  /// The exit status, which is also the one of the JVM's own `-XX:+ExitOnOutOfMemoryError`.
  public static final int EXIT_STATUS = 3;

  private FatalErrors() {}

  /// Ends the process at once, without shutdown hooks, when `failure` or one of its causes is
  /// fatal; else does nothing.
  public static void endIfFatal(@Nullable Throwable failure) {
    Throwable fatal = fatal(failure);
    if (fatal == null) {
      return;
    }
    try {
      System.err.println("savior: " + ErrorText.limit(fatal.toString()) + "; the process ends");
    } finally {
      Runtime.getRuntime().halt(EXIT_STATUS);
    }
  }

  /// Not fatal are the errors that end with what met them: a stack that overflowed, and an access
  /// to a mapped file that was cut short (InternalError).
  static @Nullable Throwable fatal(@Nullable Throwable failure) {
    Throwable cause = failure;
    for (int depth = 0; cause != null && depth < 20; depth++) {
      if (cause instanceof OutOfMemoryError || cause instanceof UnknownError) {
        return cause;
      }
      cause = cause.getCause();
    }
    return null;
  }
}
