package io.saviorrec.trainer.console;

import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// The orderly end of a command that computes in native code, when the process is asked to end.
///
/// A process ends by taking its libraries apart, and a thread that is still inside one of them then
/// crashes. So the work asks between its steps whether it should stop ([#check]), and a shutdown
/// hook holds the end of the process until the work has stopped.
///
/// Concurrency: the work runs in the thread that called [#run]; the hook only sets the flag and
/// waits. Once asked to stop, that thread does not come back from [#run] by an exception, so that
/// nothing is printed after the hook's line.
public final class Interruption {
  private static final ScopedValue<Interruption> CURRENT = ScopedValue.newInstance();

  /// A step that takes longer is left running, and the process ends all the same.
  private static final long LIMIT_SECONDS = 120;

  private static final long PATIENCE_SECONDS = 2;

  private final String lastLine;
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean stopAsked;
  private volatile boolean cutShort;

  private Interruption(String lastLine) {
    this.lastLine = lastLine;
  }

  /// The work was asked to stop.
  private static final class StoppedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StoppedException() {
      super("stopped because the process was asked to end", null, false, false);
    }
  }

  /// Does the work so that Ctrl-C ends it between two of its steps.
  ///
  /// @param lastLine what is printed last when it was cut short
  public static <T> T run(String lastLine, Callable<T> work) throws Exception {
    Interruption interruption = new Interruption(lastLine);
    Thread hook = new Thread(interruption::stop, "orderly-end");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      return ScopedValue.where(CURRENT, interruption).call(work::call);
    } catch (Throwable e) {
      if (interruption.stopAsked) {
        interruption.cutShort = true;
        interruption.ended.countDown();
        parkUntilTheProcessEnds();
      }
      throw e;
    } finally {
      interruption.ended.countDown();
      if (!interruption.stopAsked) {
        remove(hook);
      }
    }
  }

  /// Whether the process was asked to end; false outside of [#run].
  public static boolean asked() {
    return CURRENT.isBound() && CURRENT.get().stopAsked;
  }

  /// To be called between steps: does not return when the work should stop. Does nothing outside of
  /// [#run].
  public static void check() {
    if (asked()) {
      throw new StoppedException();
    }
  }

  private void stop() {
    stopAsked = true;
    try {
      if (!ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        System.err.println("savior: stopping as soon as the running step has ended");
        if (!ended.await(LIMIT_SECONDS, TimeUnit.SECONDS)) {
          System.err.printf("savior: the running step did not end in %d s%n", LIMIT_SECONDS);
          cutShort = true;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (cutShort) {
      System.err.println("savior: " + lastLine);
    }
  }

  private static void remove(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException _) {
      // The process is ending already; the hook finds that the work has ended.
    }
  }

  private static void parkUntilTheProcessEnds() {
    while (true) {
      LockSupport.park();
    }
  }
}
