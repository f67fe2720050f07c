package io.saviorrec.loadtest.measure;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/// What became of one load; its warm-up is not in it.
///
/// @param perSecond requests that were asked for
/// @param seconds how long it was measured
/// @param good answers that were whole, however late
/// @param degraded answers from which the server left something out because of overload
/// @param inTime answers, whole or degraded, that came before the end of the load
/// @param failures requests without an answer that counts, by what became of them
/// @param reasons what the server first said to each of these; may be empty
/// @param latency of answers, microseconds from the moment at which each request was meant to be
///   sent
/// @param lag microseconds from that moment to the one at which it was sent
/// @param cutShort whether it was given up before its end
/// @param upserts of items that were sent meanwhile
public record Measured(
    double perSecond,
    double seconds,
    long good,
    long degraded,
    long inTime,
    Map<String, Long> failures,
    Map<String, String> reasons,
    Histogram latency,
    Histogram lag,
    List<Interval> intervals,
    boolean cutShort,
    @Nullable Measured upserts) {

  public Measured {
    failures = new TreeMap<>(failures);
    reasons = new TreeMap<>(reasons);
    intervals = List.copyOf(intervals);
  }

  public long answered() {
    return good + degraded;
  }

  public long failed() {
    return failures.values().stream().mapToLong(Long::longValue).sum();
  }

  public long offered() {
    return answered() + failed();
  }

  /// Answers in a second of the load.
  public double answeredPerSecond() {
    return inTime / seconds;
  }

  /// NaN without any request.
  public double errorShare() {
    return failed() / (double) offered();
  }

  /// Of the answers; 0 without any.
  public double degradedShare() {
    return degraded / (double) Math.max(1, answered());
  }

  /// The latency that this share of the answers did not exceed; NaN without any.
  public double millis(double share) {
    return millis(latency, share);
  }

  public double meanMillis() {
    return latency.getTotalCount() == 0 ? Double.NaN : latency.getMean() / 1e3;
  }

  /// How late this share of the requests was sent, at most.
  public double lagMillis(double share) {
    return millis(lag, share);
  }

  static double millis(Histogram micros, double share) {
    return micros.getTotalCount() == 0
        ? Double.NaN
        : micros.getValueAtPercentile(100 * share) / 1e3;
  }

  Measured with(Measured newUpserts) {
    return new Measured(
        perSecond,
        seconds,
        good,
        degraded,
        inTime,
        failures,
        reasons,
        latency,
        lag,
        intervals,
        cutShort,
        newUpserts);
  }

  /// Loads of the same rate, one after the other, as one.
  ///
  /// @param parts at least one
  static Measured together(List<Measured> parts) {
    Histogram latency = Tally.whole();
    Histogram lag = Tally.whole();
    Map<String, Long> failures = new TreeMap<>();
    Map<String, String> reasons = new TreeMap<>();
    List<Interval> intervals = new ArrayList<>();
    List<Measured> upserts = new ArrayList<>();
    double seconds = 0;
    boolean cutShort = false;
    for (Measured part : parts) {
      latency.add(part.latency);
      lag.add(part.lag);
      part.failures.forEach((name, count) -> failures.merge(name, count, Long::sum));
      part.reasons.forEach(reasons::putIfAbsent);
      for (Interval each : part.intervals) {
        intervals.add(
            new Interval(
                seconds + each.atSeconds(),
                each.seconds(),
                each.good(),
                each.degraded(),
                each.failed(),
                each.millis()));
      }
      seconds += part.seconds;
      cutShort |= part.cutShort;
      if (part.upserts != null) {
        upserts.add(part.upserts);
      }
    }
    return new Measured(
        parts.getFirst().perSecond,
        seconds,
        parts.stream().mapToLong(Measured::good).sum(),
        parts.stream().mapToLong(Measured::degraded).sum(),
        parts.stream().mapToLong(Measured::inTime).sum(),
        failures,
        reasons,
        latency,
        lag,
        intervals,
        cutShort,
        upserts.isEmpty() ? null : together(upserts));
  }
}
