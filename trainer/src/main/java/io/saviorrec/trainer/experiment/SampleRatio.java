package io.saviorrec.trainer.experiment;

import io.saviorrec.trainer.console.UserError;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.commons.statistics.inference.ChiSquareTest;

/// Whether the buckets have as many users as their weights say (Pearson's chi-square test). If not,
/// users were lost or gained on the way, and no figure of the experiment can be trusted.
///
/// @param expected users by bucket
/// @param unweighted users of buckets whose weight is 0, who are left out
public record SampleRatio(SortedMap<String, Double> expected, long unweighted, double pValue) {
  /// Below it, chance is no explanation.
  private static final double SUSPECT = 0.001;

  /// @param users by bucket
  /// @param weights by bucket; buckets of weight 0 should have no users
  static SampleRatio of(SortedMap<String, Integer> users, Map<String, Double> weights) {
    if (!weights.keySet().containsAll(users.keySet())) {
      throw new UserError(
          "--split names "
              + new TreeMap<>(weights).keySet()
              + " but the log has the buckets "
              + users.keySet());
    }
    long unweighted = 0;
    long all = 0;
    for (Map.Entry<String, Integer> bucket : users.entrySet()) {
      boolean weighs = weights.getOrDefault(bucket.getKey(), 0.0) > 0;
      unweighted += weighs ? 0 : bucket.getValue();
      all += weighs ? bucket.getValue() : 0;
    }
    double there = all;
    double sum = weights.values().stream().mapToDouble(Double::doubleValue).sum();
    SortedMap<String, Double> expected = new TreeMap<>();
    weights.forEach(
        (bucket, weight) -> {
          if (weight > 0) {
            expected.put(bucket, there * weight / sum);
          }
        });
    if (expected.size() < 2) {
      return new SampleRatio(expected, unweighted, 1);
    }
    long[] observed =
        expected.keySet().stream().mapToLong(each -> users.getOrDefault(each, 0)).toArray();
    double[] wanted = expected.values().stream().mapToDouble(Double::doubleValue).toArray();
    return new SampleRatio(
        expected, unweighted, ChiSquareTest.withDefaults().test(wanted, observed).getPValue());
  }

  /// Whether the buckets are not what they should be.
  public boolean suspect() {
    return pValue < SUSPECT;
  }
}
