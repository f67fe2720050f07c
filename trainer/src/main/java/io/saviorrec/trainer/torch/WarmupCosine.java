package io.saviorrec.trainer.torch;

/// A learning rate that rises linearly to its peak and then falls to zero along half a cosine.
///
/// @param peak the highest rate
/// @param warmupSteps steps of the rise
/// @param steps all steps
public record WarmupCosine(double peak, long warmupSteps, long steps) {
  public WarmupCosine {
    if (!(peak > 0) || warmupSteps < 0 || steps < 1) {
      throw new IllegalArgumentException(
          "peak must be positive, warmupSteps not negative and steps at least 1 but were %s, %d, %d"
              .formatted(peak, warmupSteps, steps));
    }
  }

  /// The rate of a step, counted from 0.
  public double at(long step) {
    if (step < warmupSteps) {
      return peak * (step + 1) / (warmupSteps + 1);
    }
    double done = (double) (step - warmupSteps) / Math.max(1, steps - warmupSteps);
    return peak * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, done)));
  }
}
