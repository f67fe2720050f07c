package io.saviorrec.trainer.metric;

/// How well predicted probabilities match what happened.
public final class Calibration {
  private static final double CLIP = 1e-7;

  private Calibration() {}

  /// Mean cross-entropy in nats, with probabilities clipped to [1e-7, 1 - 1e-7].
  public static double logLoss(float[] probabilities, boolean[] labels) {
    double sum = 0;
    for (int i = 0; i < probabilities.length; i++) {
      double p = Math.clamp(probabilities[i], CLIP, 1 - CLIP);
      sum -= labels[i] ? Math.log(p) : Math.log1p(-p);
    }
    return sum / probabilities.length;
  }

  /// Predicted clicks over observed clicks (PCOC): 1 is right, above 1 is too optimistic. NaN
  /// without clicks.
  public static double pcoc(float[] probabilities, boolean[] labels) {
    double predicted = 0;
    long clicks = 0;
    for (int i = 0; i < probabilities.length; i++) {
      predicted += probabilities[i];
      clicks += labels[i] ? 1 : 0;
    }
    return clicks == 0 ? Double.NaN : predicted / clicks;
  }
}
