package io.saviorrec.loadtest.measure;

import java.util.List;

/// What became of the requests that were meant to be sent in one stretch of a load.
///
/// @param atSeconds its begin, from the begin of what is measured
/// @param seconds its length
/// @param good whole answers
/// @param millis of whole and degraded answers, at [#SHARES]; NaN without any
public record Interval(
    double atSeconds, double seconds, long good, long degraded, long failed, double[] millis) {
  /// The percentiles that are kept of every interval.
  public static final List<Double> SHARES = List.of(.5, .9, .99, .999);

  public long offered() {
    return good + degraded + failed;
  }
}
