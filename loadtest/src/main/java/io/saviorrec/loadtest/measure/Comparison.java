package io.saviorrec.loadtest.measure;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.apache.commons.statistics.distribution.TDistribution;

/// Two servers under the same loads, which they got in turns, so that what changes on the machine
/// meets both.
///
/// @param first loads of the one, second: of the other, each in the order of their turns
public record Comparison(List<Measured> first, List<Measured> second) {
  private static final int LEAST_TURNS = 4;
  private static final double CONFIDENCE = .95;

  public Comparison {
    first = List.copyOf(first);
    second = List.copyOf(second);
    if (first.size() != second.size() || first.isEmpty()) {
      throw new IllegalArgumentException(
          first.size() + " turns of the one and " + second.size() + " of the other");
    }
  }

  /// The second divided by the first: the geometric mean over turns.
  ///
  /// @param low with `high` the 95 % confidence interval, by Student's t of the turns' logarithms;
  ///   NaN when there are too few turns to tell
  public record Ratio(String name, double value, double low, double high) {
    /// Whether it differs from 1 by more than chance.
    public boolean differs() {
      return low > 1 || high < 1;
    }
  }

  public Measured firstTogether() {
    return Measured.together(first);
  }

  public Measured secondTogether() {
    return Measured.together(second);
  }

  /// Ratios of latencies; below 1 the second is faster.
  public List<Ratio> ratios() {
    List<Ratio> ratios = new ArrayList<>();
    for (double share : new double[] {.5, .9, .99}) {
      ratios.add(ratio(Slo.percentile(share), each -> each.millis(share)));
    }
    ratios.add(ratio("mean", Measured::meanMillis));
    return ratios;
  }

  private Ratio ratio(String name, ToDoubleFunction<Measured> of) {
    double[] logs = new double[first.size()];
    Arrays.setAll(
        logs, i -> Math.log(of.applyAsDouble(second.get(i)) / of.applyAsDouble(first.get(i))));
    double mean = Math.exp(Arrays.stream(logs).average().orElse(Double.NaN));
    if (logs.length < LEAST_TURNS || Double.isNaN(mean)) {
      return new Ratio(name, mean, Double.NaN, Double.NaN);
    }
    double center = Math.log(mean);
    double squares = Arrays.stream(logs).map(each -> (each - center) * (each - center)).sum();
    double error = Math.sqrt(squares / (logs.length - 1) / logs.length);
    double width =
        TDistribution.of(logs.length - 1).inverseSurvivalProbability((1 - CONFIDENCE) / 2) * error;
    return new Ratio(name, mean, Math.exp(center - width), Math.exp(center + width));
  }
}
