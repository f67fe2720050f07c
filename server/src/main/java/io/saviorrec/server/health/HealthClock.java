package io.saviorrec.server.health;

import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The thread that tries what has failed. What is left when it is closed, and what comes then, is
/// dropped.
public final class HealthClock implements Later, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(HealthClock.class);

  private final ScheduledThreadPoolExecutor thread =
      new ScheduledThreadPoolExecutor(
          1, HealthClock::thread, new ThreadPoolExecutor.DiscardPolicy());

  private static Thread thread(Runnable task) {
    Thread thread = new Thread(task, "health");
    thread.setDaemon(true);
    return thread;
  }

  @Override
  public void run(Duration delay, Runnable task) {
    ScheduledFuture<?> _ =
        thread.schedule(() -> runNow(task), delay.toNanos(), TimeUnit.NANOSECONDS);
  }

  private static void runNow(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      log.error("a look at the server's health failed", e);
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
