package io.saviorrec.server;

import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;

/// How long the steps of a start took, for whoever wants a faster one.
final class StartTimes {
  private final StringBuilder steps = new StringBuilder();
  private long last = System.nanoTime();
  private long totalMillis;

  /// Until now the process was started and its settings were read.
  StartTimes() {
    add("process", ManagementFactory.getRuntimeMXBean().getUptime());
  }

  /// A step ends now, and the next one begins.
  void done(String step) {
    long now = System.nanoTime();
    add(step, TimeUnit.NANOSECONDS.toMillis(now - last));
    last = now;
  }

  private void add(String step, long millis) {
    totalMillis += millis;
    steps.append(steps.isEmpty() ? "" : ", ").append(step).append(' ').append(millis);
  }

  long totalMillis() {
    return totalMillis;
  }

  /// `process 600, ports 90, …`, in milliseconds.
  @Override
  public String toString() {
    return steps.toString();
  }
}
