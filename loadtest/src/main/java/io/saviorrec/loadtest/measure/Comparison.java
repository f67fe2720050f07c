package io.saviorrec.loadtest.measure;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;

/// Two servers under the same loads, which they got in turns, so that what changes on the machine
/// meets both.
///
/// @param first loads of the one, second: of the other, each in the order of their turns
public record Comparison(List<Measured> first, List<Measured> second) {
  private static final int RESAMPLES = 4000;
  private static final int LEAST_TURNS = 4;
  private static final double EDGE = .025;

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
  /// @param low with `high` the interval that holds 95 % of what other turns as these would have
  ///   given; NaN when there are too few turns to tell
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
    // Turns are drawn again with replacement.
    SplittableRandom random = new SplittableRandom(1);
    double[] means = new double[RESAMPLES];
    for (int i = 0; i < RESAMPLES; i++) {
      double sum = 0;
      for (int j = 0; j < logs.length; j++) {
        sum += logs[random.nextInt(logs.length)];
      }
      means[i] = Math.exp(sum / logs.length);
    }
    Arrays.sort(means);
    return new Ratio(
        name, mean, means[(int) (EDGE * RESAMPLES)], means[(int) ((1 - EDGE) * RESAMPLES)]);
  }
}
