package io.saviorrec.trainer.experiment;

import org.apache.commons.statistics.distribution.NormalDistribution;

/// By how much a bucket's metric lies above the control's, as a share of the control's.
///
/// Interval and p value come from the logarithm of the two values' ratio, whose variance is the sum
/// of their relative ones (the delta method again); so the interval excludes 0 just when p is below
/// .05, and its lower end is never below −100 %.
///
/// @param low lower end of the 95 % confidence interval
/// @param high its upper end
/// @param pValue two-sided, of no difference
public record Lift(double lift, double low, double high, double pValue) {
  private static final NormalDistribution NORMAL = NormalDistribution.of(0, 1);
  private static final double Z = NORMAL.inverseCumulativeProbability(0.975);

  /// All NaN where one of the two is zero or was not measured.
  static Lift of(Estimate control, Estimate other) {
    double log = Math.log(other.value() / control.value());
    double error = Math.hypot(control.error() / control.value(), other.error() / other.value());
    if (!Double.isFinite(log) || !Double.isFinite(error)) {
      return new Lift(Double.NaN, Double.NaN, Double.NaN, Double.NaN);
    }
    double p =
        error == 0 ? log == 0 ? 1 : 0 : 2 * NORMAL.survivalProbability(Math.abs(log) / error);
    return new Lift(Math.expm1(log), Math.expm1(log - Z * error), Math.expm1(log + Z * error), p);
  }

  /// Whether no difference is within the interval.
  public boolean coversZero() {
    return low <= 0 && high >= 0;
  }
}
