package io.saviorrec.loadtest.measure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// A service level objective: what must be true of a load for it to count as served.
///
/// @param latency limits of percentiles; none: latency does not matter
/// @param maxErrors the share of requests that may end without a whole and right answer
/// @param maxDegraded the share of answers that may lack work because of overload
public record Slo(List<Limit> latency, double maxErrors, double maxDegraded) {
  public Slo {
    latency = List.copyOf(latency);
  }

  /// The most that a percentile of latency may be.
  ///
  /// @param share in (0, 1), for instance 0.99
  public record Limit(double share, Duration most) {
    /// As in `p99.9`.
    public String name() {
      return percentile(share);
    }

    long micros() {
      return most.toNanos() / 1000;
    }

    double millis() {
      return most.toNanos() / 1e6;
    }
  }

  /// One part of an objective and what was seen of it.
  ///
  /// @param unit `ms` or `%`
  /// @param most the limit, in the unit
  /// @param value what was seen; NaN where there was nothing to see
  public record Criterion(String name, String unit, double most, double value) {
    public boolean met() {
      return value <= most;
    }

    /// As in `p99 ≤ 20 ms`.
    public String wanted() {
      return name + " ≤ " + plain(most) + " " + unit;
    }
  }

  /// What each part of the objective says of a load.
  public List<Criterion> judge(Measured load) {
    List<Criterion> criteria = new ArrayList<>();
    for (Limit limit : latency) {
      criteria.add(new Criterion(limit.name(), "ms", limit.millis(), load.millis(limit.share())));
    }
    criteria.add(new Criterion("errors", "%", 100 * maxErrors, 100 * load.errorShare()));
    criteria.add(new Criterion("degraded", "%", 100 * maxDegraded, 100 * load.degradedShare()));
    return criteria;
  }

  public boolean met(Measured load) {
    return judge(load).stream().allMatch(Criterion::met);
  }

  static String percentile(double share) {
    return "p" + plain(100 * share);
  }

  /// Without zeros behind the point that say nothing.
  static String plain(double value) {
    String text = String.format(Locale.ROOT, "%.3f", value);
    return text.contains(".") ? text.replaceAll("\\.?0+$", "") : text;
  }
}
