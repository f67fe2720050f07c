package io.saviorrec.trainer.metric;

import java.util.Arrays;

/// The area under the ROC curve, by mid-ranks: a tie counts half.
public final class Auc {
  private Auc() {}

  /// The AUC of scores against labels.
  ///
  /// @return the AUC in [0, 1], or NaN where only one class is present
  public static double of(float[] scores, boolean[] labels) {
    if (scores.length != labels.length) {
      throw new IllegalArgumentException(
          scores.length + " scores for " + labels.length + " labels");
    }
    long positives = 0;
    long[] keyed = new long[scores.length];
    for (int i = 0; i < scores.length; i++) {
      if (Float.isNaN(scores[i])) {
        throw new IllegalArgumentException("score " + i + " is not a number");
      }
      positives += labels[i] ? 1 : 0;
      keyed[i] = ((long) order(scores[i]) << 1) | (labels[i] ? 1 : 0);
    }
    long negatives = scores.length - positives;
    if (positives == 0 || negatives == 0) {
      return Double.NaN;
    }
    Arrays.sort(keyed);
    double rankSum = 0;
    for (int from = 0; from < keyed.length; ) {
      int until = from;
      long tiedPositives = 0;
      while (until < keyed.length && keyed[until] >> 1 == keyed[from] >> 1) {
        tiedPositives += keyed[until] & 1;
        until++;
      }
      // Ranks count from 1, so the tied ones are from + 1 to until.
      rankSum += tiedPositives * ((from + 1L + until) / 2.0);
      from = until;
    }
    return (rankSum - positives * (positives + 1) / 2.0) / ((double) positives * negatives);
  }

  /// A number that ascends with the score. The order of the bits of a float is the order of its
  /// values once negative ones are turned over.
  static int order(float score) {
    int bits = Float.floatToIntBits(score + 0f);
    return bits ^ ((bits >> 31) & Integer.MAX_VALUE);
  }
}
