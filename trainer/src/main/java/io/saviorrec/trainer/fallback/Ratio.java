package io.saviorrec.trainer.fallback;

import java.util.Locale;

/// Predicted clicks over clicks of some impressions, and how far from the truth that may be by
/// chance.
///
/// @param ratio NaN without clicks
/// @param low the lower end of its 95 % interval, by users
/// @param high the upper end
public record Ratio(long impressions, long clicks, double ratio, double low, double high) {
  /// How far from 1 it may be.
  public static final double ALLOWED = 0.1;

  /// Whether it is farther from 1 than allowed, and not by chance.
  public boolean offLimits() {
    return low > 1 + ALLOWED || high < 1 - ALLOWED;
  }

  @Override
  public String toString() {
    return clicks == 0
        ? String.format(Locale.ROOT, "no clicks on %,d impressions", impressions)
        : String.format(
            Locale.ROOT,
            "%.3f (95 %% interval %.3f to %.3f, %,d clicks on %,d impressions)",
            ratio,
            low,
            high,
            clicks,
            impressions);
  }
}
