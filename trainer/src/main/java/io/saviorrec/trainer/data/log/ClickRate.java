package io.saviorrec.trainer.data.log;

/// The click rate of an item or user of whom little is known: smoothed towards a prior.
public final class ClickRate {
  /// Impressions that the prior weighs.
  public static final double PRIOR_IMPRESSIONS = 20;

  private ClickRate() {}

  /// `prior` where nothing was shown, the plain rate where very much was.
  public static double smoothed(double clicks, double shown, double prior) {
    return (clicks + prior * PRIOR_IMPRESSIONS) / (shown + PRIOR_IMPRESSIONS);
  }
}
