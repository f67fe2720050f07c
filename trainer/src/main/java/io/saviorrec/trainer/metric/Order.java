package io.saviorrec.trainer.metric;

import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/// Rows in the order of a key.
final class Order {
  private Order() {}

  /// The places of scores from the lowest to the highest; equal ones keep their order.
  static int[] ascending(float[] scores) {
    return ascending(IntStream.range(0, scores.length).toArray(), row -> Auc.order(scores[row]));
  }

  /// Rows, which ascend, by their keys; those of equal keys keep their order.
  static int[] ascending(int[] rows, IntUnaryOperator key) {
    long[] keyed = new long[rows.length];
    for (int i = 0; i < rows.length; i++) {
      keyed[i] = ((long) key.applyAsInt(rows[i]) << Integer.SIZE) | rows[i];
    }
    Arrays.sort(keyed);
    return Arrays.stream(keyed).mapToInt(each -> (int) each).toArray();
  }
}
