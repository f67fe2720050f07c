package io.saviorrec.trainer.metric;

import java.util.ArrayList;
import java.util.List;

/// How well predicted probabilities match what happened.
public final class Calibration {
  /// Bins of the calibration error.
  public static final int BINS = 15;

  private static final double CLIP = 1e-7;

  private Calibration() {}

  /// Some impressions whose predictions are neighbours.
  ///
  /// @param predicted their mean probability
  /// @param observed their click rate
  public record Bin(long samples, double predicted, double observed) {}

  /// Mean cross-entropy in nats, with probabilities clipped to [1e-7, 1 - 1e-7].
  public static double logLoss(float[] probabilities, boolean[] labels) {
    double sum = 0;
    for (int i = 0; i < probabilities.length; i++) {
      sum += loss(probabilities[i], labels[i]);
    }
    return sum / probabilities.length;
  }

  /// Normalised entropy: the cross-entropy over that of always predicting the click rate. Below 1
  /// is better than that. NaN where only one class is present.
  public static double normalizedEntropy(float[] probabilities, boolean[] labels) {
    long clicks = 0;
    for (boolean label : labels) {
      clicks += label ? 1 : 0;
    }
    if (clicks == 0 || clicks == labels.length) {
      return Double.NaN;
    }
    double rate = (double) clicks / labels.length;
    double entropy = -rate * Math.log(rate) - (1 - rate) * Math.log1p(-rate);
    return logLoss(probabilities, labels) / entropy;
  }

  private static double loss(double probability, boolean label) {
    double p = Math.clamp(probability, CLIP, 1 - CLIP);
    return label ? -Math.log(p) : -Math.log1p(-p);
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

  /// The expected calibration error over bins of equal mass: the mean distance of a bin's predicted
  /// from its observed click rate. NaN without samples.
  public static double expectedError(float[] probabilities, boolean[] labels) {
    double sum = 0;
    for (Bin bin : bins(probabilities, labels, BINS)) {
      sum += bin.samples() * Math.abs(bin.predicted() - bin.observed());
    }
    return sum / probabilities.length;
  }

  /// Bins of as good as equally many impressions, from the lowest predictions to the highest; fewer
  /// than asked for where there are fewer impressions.
  public static List<Bin> bins(float[] probabilities, boolean[] labels, int count) {
    int[] order = Order.ascending(probabilities);
    int bins = Math.min(count, order.length);
    List<Bin> result = new ArrayList<>();
    for (int b = 0; b < bins; b++) {
      int from = (int) ((long) b * order.length / bins);
      int until = (int) ((b + 1L) * order.length / bins);
      double predicted = 0;
      long clicks = 0;
      for (int i = from; i < until; i++) {
        predicted += probabilities[order[i]];
        clicks += labels[order[i]] ? 1 : 0;
      }
      int samples = until - from;
      result.add(new Bin(samples, predicted / samples, (double) clicks / samples));
    }
    return result;
  }
}
