package io.saviorrec.loadtest.measure;

import java.util.List;
import java.util.Map;
import java.util.function.LongUnaryOperator;
import org.HdrHistogram.Histogram;

/// Loads as they could have been measured.
public final class FakeLoads {
  private FakeLoads() {}

  /// A load of these endings.
  ///
  /// @param failed requests beside the answers
  /// @param micros latency of answer 0, 1, …
  public static Measured of(
      double perSecond, long good, long degraded, long failed, LongUnaryOperator micros) {
    Histogram latency = new Histogram(3);
    for (long i = 0; i < good + degraded; i++) {
      latency.recordValue(micros.applyAsLong(i));
    }
    Histogram lag = new Histogram(3);
    lag.recordValue(10);
    double seconds = (good + degraded + failed) / perSecond;
    return new Measured(
        perSecond,
        seconds,
        good,
        degraded,
        good + degraded,
        failed == 0 ? Map.of() : Map.of("RESOURCE_EXHAUSTED", failed),
        failed == 0 ? Map.of() : Map.of("RESOURCE_EXHAUSTED", "the queue is full"),
        latency,
        lag,
        List.of(
            new Interval(0, seconds / 2, good, degraded, failed, new double[] {1, 2, 3, 4}),
            new Interval(
                seconds / 2,
                seconds / 2,
                0,
                0,
                0,
                new double[] {Double.NaN, Double.NaN, Double.NaN, Double.NaN})),
        false,
        null);
  }
}
