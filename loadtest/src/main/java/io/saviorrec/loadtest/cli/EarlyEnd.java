package io.saviorrec.loadtest.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/// Whether the process was asked to end, as by Ctrl-C. Its end then waits until this is closed, so
/// that what was measured is still reported and what was sent is erased.
final class EarlyEnd implements BooleanSupplier, AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread hook = new Thread(this::hold, "early-end");
  private volatile boolean asked;

  private EarlyEnd() {}

  static EarlyEnd watch() {
    EarlyEnd end = new EarlyEnd();
    Runtime.getRuntime().addShutdownHook(end.hook);
    return end;
  }

  @Override
  public boolean getAsBoolean() {
    return asked;
  }

  private void hold() {
    asked = true;
    try {
      var _ = closed.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException _) {
      // The process is ending already; the hook finds that this is closed.
    }
  }
}
