package io.saviorrec.trainer.tables;

import java.util.Arrays;
import org.apache.commons.statistics.distribution.TDistribution;

/// A figure over seeds: the mean, and the 95 % interval of it by Student's t.
///
/// @param low NaN with one seed
/// @param high NaN with one seed
public record Mean(double mean, double low, double high) {
  private static final double TAIL = 0.025;

  static Mean of(double[] values) {
    double mean = Arrays.stream(values).average().orElse(Double.NaN);
    if (values.length < 2) {
      return new Mean(mean, Double.NaN, Double.NaN);
    }
    double squares = Arrays.stream(values).map(value -> (value - mean) * (value - mean)).sum();
    double error = Math.sqrt(squares / (values.length - 1) / values.length);
    double reach = error * TDistribution.of(values.length - 1.0).inverseSurvivalProbability(TAIL);
    return new Mean(mean, mean - reach, mean + reach);
  }
}
