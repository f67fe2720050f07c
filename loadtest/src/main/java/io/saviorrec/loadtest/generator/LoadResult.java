package io.saviorrec.loadtest.generator;

import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/// What became of a load.
///
/// @param seconds from the first request to the end of the load; answers that came later are in
///   `latencies` but not in `inTime`
/// @param offered requests that ended in one way or another
/// @param inTime good answers that came before the load's end
/// @param latencies nanoseconds of good answers, ascending, each from the moment at which its
///   request was meant to be sent
/// @param failures requests without a good answer, by gRPC status
/// @param bytes of requests and their answers, on average a good call
public record LoadResult(
    double seconds,
    long offered,
    long inTime,
    long[] latencies,
    Map<String, Long> failures,
    double bytes) {

  public LoadResult {
    failures = new TreeMap<>(failures);
  }

  /// Good answers in a second of the load.
  public double goodPerSecond() {
    return inTime / seconds;
  }

  /// Good answers, however late.
  public long good() {
    return latencies.length;
  }

  /// The latency in milliseconds that this share of the good answers did not exceed; NaN without
  /// any.
  public double millis(double share) {
    if (latencies.length == 0) {
      return Double.NaN;
    }
    int rank = (int) Math.ceil(share * latencies.length) - 1;
    return latencies[Math.clamp(rank, 0, latencies.length - 1)] / 1e6;
  }

  /// Puts the parts of one load together that its clients noted.
  static LoadResult of(Duration length, Iterable<CallNotes> parts) {
    long inTime = 0;
    long bytes = 0;
    int good = 0;
    Map<String, Long> failures = new TreeMap<>();
    for (CallNotes part : parts) {
      inTime += part.inTime();
      bytes += part.bytes();
      good += part.good();
      part.failures().forEach((status, count) -> failures.merge(status, count, Long::sum));
    }
    long[] latencies = new long[good];
    int at = 0;
    for (CallNotes part : parts) {
      at = part.copyTo(latencies, at);
    }
    Arrays.sort(latencies);
    long failed = failures.values().stream().mapToLong(Long::longValue).sum();
    return new LoadResult(
        length.toNanos() / 1e9,
        good + failed,
        inTime,
        latencies,
        failures,
        bytes / (double) Math.max(1, good));
  }
}
