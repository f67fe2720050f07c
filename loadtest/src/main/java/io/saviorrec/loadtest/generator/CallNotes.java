package io.saviorrec.loadtest.generator;

import io.grpc.Status;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/// What was seen of some calls, until their load is over. Thread-safe.
final class CallNotes {
  private static final int FIRST = 1024;

  private final long endNanos;
  private final Map<Status.Code, Long> failed = new EnumMap<>(Status.Code.class);
  private long[] latencies = new long[FIRST];
  private int good;
  private long inTime;
  private long bytes;

  /// @param endNanos when the load ends, by `System.nanoTime`
  CallNotes(long endNanos) {
    this.endNanos = endNanos;
  }

  synchronized void ended(Ending ending) {
    if (!ending.status().isOk()) {
      failed.merge(ending.status().getCode(), 1L, Long::sum);
      return;
    }
    if (good == latencies.length) {
      latencies = Arrays.copyOf(latencies, 2 * good);
    }
    latencies[good++] = ending.latencyNanos();
    bytes += ending.requestBytes() + ending.answer().length;
    if (ending.endNanos() - endNanos <= 0) {
      inTime++;
    }
  }

  synchronized int good() {
    return good;
  }

  synchronized long inTime() {
    return inTime;
  }

  synchronized long bytes() {
    return bytes;
  }

  synchronized Map<String, Long> failures() {
    Map<String, Long> byName = new TreeMap<>();
    failed.forEach((code, count) -> byName.put(code.name(), count));
    return byName;
  }

  /// Copies the latencies of good calls; returns the place behind them.
  synchronized int copyTo(long[] out, int at) {
    System.arraycopy(latencies, 0, out, at, good);
    return at + good;
  }
}
