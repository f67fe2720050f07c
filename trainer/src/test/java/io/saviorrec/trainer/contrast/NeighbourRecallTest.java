package io.saviorrec.trainer.contrast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.bundle.FloatRows;
import io.saviorrec.trainer.data.log.CoClicks;
import org.junit.jupiter.api.Test;

final class NeighbourRecallTest {
  /// Items on a circle at 0, 10, 20, 90 and 180 degrees.
  private static FloatRows circle() {
    double[] degrees = {0, 10, 20, 90, 180};
    float[] z = new float[10];
    for (int i = 0; i < 5; i++) {
      z[2 * i] = (float) Math.cos(Math.toRadians(degrees[i]));
      z[2 * i + 1] = (float) Math.sin(Math.toRadians(degrees[i]));
    }
    return FloatRows.of(z, 2);
  }

  private static PositivePairs pairs(int[] first, int[] second) {
    float[] score = new float[first.length];
    java.util.Arrays.fill(score, 1);
    return PositivePairs.of(5, new CoClicks(first, second, score), new int[] {0, 1, 2, 3, 4});
  }

  @Test
  void isTheShareOfPartnersAmongTheNearest() {
    // The nearest of 0 is 1; of 1 it is 0 or 2; of 4 it is 3, and of 3 it is 2.
    assertThat(NeighbourRecall.at(1, circle(), pairs(new int[] {0, 4}, new int[] {2, 3}), 1))
        .isCloseTo(0.25, within(1e-9));
    assertThat(NeighbourRecall.at(2, circle(), pairs(new int[] {0, 4}, new int[] {2, 3}), 1))
        .isCloseTo(0.75, within(1e-9));
  }

  @Test
  void isUnknownWithoutPairs() {
    assertThat(NeighbourRecall.at(1, circle(), pairs(new int[0], new int[0]), 1)).isNaN();
  }
}
