package io.saviorrec.trainer.metric;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.statistics.distribution.NormalDistribution;
import org.jspecify.annotations.Nullable;

/// Whether two scores of the same impressions differ in AUC, by the test of DeLong, DeLong and
/// Clarke-Pearson (1988) in the O(n log n) form of Sun and Xu (2014).
///
/// The test takes impressions for independent, which clicks of one user are not; [UserBootstrap]
/// does without that and stands beside it. With several seeds the difference is the mean of theirs,
/// and so are the components that its variance comes from.
public final class DeLong {
  private DeLong() {}

  /// A difference in AUC with its error.
  ///
  /// @param pValue two-sided, of no difference; NaN where only one class is present
  public record Result(
      double difference,
      @JsonProperty("standard_error") double standardError,
      @JsonProperty("p_value") double pValue) {}

  /// Compares two scores.
  public static Result of(float[] first, float[] second, boolean[] labels) {
    return of(List.of(first), List.of(second), labels);
  }

  /// Compares two scores of several seeds each.
  ///
  /// @param first a score for each seed
  /// @param second as many
  public static Result of(List<float[]> first, List<float[]> second, boolean[] labels) {
    if (first.isEmpty() || first.size() != second.size()) {
      throw new IllegalArgumentException(
          first.size() + " scores cannot be paired with " + second.size());
    }
    int clicks = 0;
    for (boolean label : labels) {
      clicks += label ? 1 : 0;
    }
    int others = labels.length - clicks;
    if (clicks == 0 || others == 0) {
      return new Result(Double.NaN, Double.NaN, Double.NaN);
    }
    double[] ofClicks = new double[clicks];
    double[] ofOthers = new double[others];
    double share = 1.0 / first.size();
    for (int seed = 0; seed < first.size(); seed++) {
      add(first.get(seed), labels, share, ofClicks, ofOthers);
      add(second.get(seed), labels, -share, ofClicks, ofOthers);
    }
    double difference = Arrays.stream(ofClicks).average().orElse(0);
    double error = Math.sqrt(variance(ofClicks) / clicks + variance(ofOthers) / others);
    return new Result(difference, error, pValue(difference, error));
  }

  private static double pValue(double difference, double error) {
    // Rounding leaves next to nothing of a difference that is none.
    if (Math.abs(difference) < 1e-12) {
      return 1;
    }
    return error == 0
        ? 0
        : 2 * NormalDistribution.of(0, 1).survivalProbability(Math.abs(difference) / error);
  }

  /// Adds the share of each click that beats the others, and of each other that clicks beat.
  private static void add(
      float[] scores, boolean[] labels, double factor, double[] ofClicks, double[] ofOthers) {
    double[] among = midRanks(scores, labels, null);
    double[] amongClicks = midRanks(scores, labels, true);
    double[] amongOthers = midRanks(scores, labels, false);
    int click = 0;
    int other = 0;
    for (int i = 0; i < scores.length; i++) {
      if (labels[i]) {
        ofClicks[click++] += factor * (among[i] - amongClicks[i]) / ofOthers.length;
      } else {
        ofOthers[other++] += factor * (1 - (among[i] - amongOthers[i]) / ofClicks.length);
      }
    }
  }

  /// The rank of each score from 1, ties at the middle of theirs, among those of one class or all.
  private static double[] midRanks(float[] scores, boolean[] labels, @Nullable Boolean of) {
    double[] ranks = new double[scores.length];
    int[] order = Order.ascending(scores);
    if (of != null) {
      order = Arrays.stream(order).filter(row -> labels[row] == of).toArray();
    }
    for (int from = 0; from < order.length; ) {
      int until = from;
      while (until < order.length
          && Auc.order(scores[order[until]]) == Auc.order(scores[order[from]])) {
        until++;
      }
      for (int i = from; i < until; i++) {
        ranks[order[i]] = (from + 1L + until) / 2.0;
      }
      from = until;
    }
    return ranks;
  }

  private static double variance(double[] values) {
    if (values.length < 2) {
      return 0;
    }
    double mean = Arrays.stream(values).average().orElse(0);
    double sum = 0;
    for (double value : values) {
      sum += (value - mean) * (value - mean);
    }
    return sum / (values.length - 1);
  }
}
