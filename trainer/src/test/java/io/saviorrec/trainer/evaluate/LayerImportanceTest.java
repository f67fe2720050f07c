package io.saviorrec.trainer.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class LayerImportanceTest {
  private static final Offset<Double> CLOSE = within(1e-9);

  /// Two layers of two codes of two numbers; z has three.
  @Test
  void meansOfLengthsAreSharesOfAllLayers() {
    float[] codebook = {
      // Layer 1: lengths 5 and 0, the second one never moved, and the padding.
      3, 4, 0, 0, 9, 9,
      // Layer 2: lengths 1 and 4.
      1, 0, 0, -4, 9, 9
    };
    float[] fusion = {
      // Columns of layer 1: lengths 3 and 1; of layer 2: 2 and 10.
      3, 0, 0, 6,
      0, 1, 2, 0,
      0, 0, 0, 8
    };
    LayerImportance importance = LayerImportance.of(codebook, fusion, 2, 2);
    assertThat(importance.codebook()).containsExactly(new double[] {5 / 7.5, 2.5 / 7.5}, CLOSE);
    assertThat(importance.fusion()).containsExactly(new double[] {2 / 8.0, 6 / 8.0}, CLOSE);
  }
}
