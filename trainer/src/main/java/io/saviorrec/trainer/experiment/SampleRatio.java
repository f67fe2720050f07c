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
public record SampleRatio(SortedMap<String, Double> expected, double pValue) {
  /// Below it, chance is no explanation.
  private static final double SUSPECT = 0.001;

  /// @param users by bucket
  /// @param weights by bucket; buckets of weight 0 have no users
  static SampleRatio of(SortedMap<String, Integer> users, Map<String, Double> weights) {
    if (!weights.keySet().containsAll(users.keySet())) {
      throw new UserError(
          "--split names "
              + new TreeMap<>(weights).keySet()
              + " but the log has the buckets "
              + users.keySet());
    }
    long all = users.values().stream().mapToLong(Integer::longValue).sum();
    double sum = weights.values().stream().mapToDouble(Double::doubleValue).sum();
    SortedMap<String, Double> expected = new TreeMap<>();
    weights.forEach(
        (bucket, weight) -> {
          if (weight > 0) {
            expected.put(bucket, all * weight / sum);
          }
        });
    if (expected.size() < 2) {
      return new SampleRatio(expected, 1);
    }
    long[] observed =
        expected.keySet().stream().mapToLong(each -> users.getOrDefault(each, 0)).toArray();
    double[] wanted = expected.values().stream().mapToDouble(Double::doubleValue).toArray();
    return new SampleRatio(
        expected, ChiSquareTest.withDefaults().test(wanted, observed).getPValue());
  }

  /// Whether the buckets are not what they should be.
  public boolean suspect() {
    return pValue < SUSPECT;
  }
}
