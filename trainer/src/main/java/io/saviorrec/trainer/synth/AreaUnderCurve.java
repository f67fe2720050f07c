package io.saviorrec.trainer.synth;

import java.util.Arrays;
import java.util.function.IntPredicate;

/// The probability that a clicked impression scores above one that was not, ties counted half.
final class AreaUnderCurve {
  private AreaUnderCurve() {}

  /// Over the rows in [from, to) that `included` takes; NaN where one of the two kinds is absent.
  static double of(double[] scores, boolean[] clicked, int from, int to, IntPredicate included) {
    long[] keys = new long[to - from];
    int count = 0;
    long positives = 0;
    for (int i = from; i < to; i++) {
      if (included.test(i)) {
        // Floats sort as their bits once negatives are flipped; the label takes the lowest bit.
        int bits = Float.floatToIntBits((float) scores[i]);
        int ordered = bits ^ ((bits >> 31) & Integer.MAX_VALUE);
        keys[count++] = ((long) ordered << 1) | (clicked[i] ? 1 : 0);
        positives += clicked[i] ? 1 : 0;
      }
    }
    Arrays.sort(keys, 0, count);
    double wins = 0;
    long negativesBelow = 0;
    int i = 0;
    while (i < count) {
      long tiedPositives = 0;
      long tiedNegatives = 0;
      long score = keys[i] >> 1;
      for (; i < count && keys[i] >> 1 == score; i++) {
        tiedPositives += keys[i] & 1;
        tiedNegatives += 1 - (keys[i] & 1);
      }
      wins += tiedPositives * (negativesBelow + .5 * tiedNegatives);
      negativesBelow += tiedNegatives;
    }
    return wins / ((double) positives * (count - positives));
  }
}
