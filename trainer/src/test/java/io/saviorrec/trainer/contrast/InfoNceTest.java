package io.saviorrec.trainer.contrast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.trainer.optim.AdamW;
import io.saviorrec.trainer.optim.ParameterGroup;
import io.saviorrec.trainer.torch.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class InfoNceTest {
  private static final int ROWS = 5;
  private static final int DIM = 3;
  private static final double TEMPERATURE = 0.2;

  private final float[] a = random(1);
  private final float[] b = random(2);

  @BeforeAll
  static void useOneThread() {
    torch.set_num_threads(1);
  }

  private static float[] random(int seed) {
    Random random = new Random(seed);
    float[] values = new float[ROWS * DIM];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /// Eq. 3 in both directions, term by term.
  private double reference(long[] excluded, float[] logQA, float[] logQB) {
    double sum = 0;
    for (int row = 0; row < ROWS; row++) {
      double forward = 0;
      double backward = 0;
      for (int other = 0; other < ROWS; other++) {
        if (!contains(excluded, row, other)) {
          forward += Math.exp(cosine(row, other) / TEMPERATURE - logQB[other]);
        }
        if (!contains(excluded, other, row)) {
          backward += Math.exp(cosine(other, row) / TEMPERATURE - logQA[other]);
        }
      }
      double positive = cosine(row, row) / TEMPERATURE;
      sum += Math.log(forward) - (positive - logQB[row]);
      sum += Math.log(backward) - (positive - logQA[row]);
    }
    return sum / (2 * ROWS);
  }

  private static boolean contains(long[] excluded, int row, int column) {
    return Arrays.stream(excluded).anyMatch(position -> position == (long) row * ROWS + column);
  }

  private double cosine(int row, int column) {
    double dot = 0;
    double lengthA = 0;
    double lengthB = 0;
    for (int d = 0; d < DIM; d++) {
      dot += (double) a[row * DIM + d] * b[column * DIM + d];
      lengthA += (double) a[row * DIM + d] * a[row * DIM + d];
      lengthB += (double) b[column * DIM + d] * b[column * DIM + d];
    }
    return dot / Math.sqrt(lengthA * lengthB);
  }

  private Tensor rows(float[] values) {
    return Tensors.floats(values, ROWS, DIM);
  }

  @Test
  void isTheMeanCrossEntropyOfBothDirections() {
    try (var _ = new PointerScope()) {
      InfoNce loss = new InfoNce(TEMPERATURE, true);
      double value = loss.loss(rows(a), rows(b), new long[0]).item_float();
      assertThat(value)
          .isCloseTo(reference(new long[0], new float[ROWS], new float[ROWS]), within(1e-5));
    }
  }

  @Test
  void leavesExcludedPositionsOutOfBothSoftmaxes() {
    try (var _ = new PointerScope()) {
      InfoNce loss = new InfoNce(TEMPERATURE, true);
      long[] excluded = {1, 7, 20, 14};
      double value = loss.loss(rows(a), rows(b), excluded).item_float();
      assertThat(value)
          .isCloseTo(reference(excluded, new float[ROWS], new float[ROWS]), within(1e-5));
      assertThat(value).isLessThan(loss.loss(rows(a), rows(b), new long[0]).item_float());
    }
  }

  @Test
  void lowersTheLogitsOfFrequentItems() {
    try (var _ = new PointerScope()) {
      InfoNce loss = new InfoNce(TEMPERATURE, true);
      float[] logQA = {-1, -2, -3, -1.5f, -4};
      float[] logQB = {-3, -1, -2, -5, -0.5f};
      double value = loss.loss(rows(a), rows(b), new long[] {3}, logQA, logQB).item_float();
      assertThat(value).isCloseTo(reference(new long[] {3}, logQA, logQB), within(1e-5));
    }
  }

  @Test
  void keepsALearnedScaleInItsRangeAndAFixedOneAsItIs() {
    try (var _ = new PointerScope()) {
      InfoNce learned = new InfoNce(0.01, true);
      AdamW optimizer =
          new AdamW(0.9, 0.99, List.of(ParameterGroup.of(learned.parameters().values(), 0.1)));
      // Equal rows ask for an ever larger scale.
      for (int step = 0; step < 5; step++) {
        learned.loss(rows(a), rows(a), new long[0]).backward();
        optimizer.step(rate -> rate);
        learned.clamp();
        assertThat(learned.scale()).isBetween(1.0, 100.001);
      }
      InfoNce fixed = new InfoNce(0.2, false);
      assertThat(fixed.parameters()).isEmpty();
      assertThat(fixed.scale()).isCloseTo(5, within(1e-5));
    }
  }

  @Test
  void hasFiniteGradientsAtAZeroRow() {
    try (var _ = new PointerScope()) {
      Tensor zero = torch.zeros(ROWS, DIM).set_requires_grad(true);
      new InfoNce(TEMPERATURE, true).loss(zero, rows(b), new long[0]).backward();
      for (float value : Tensors.toFloats(zero.grad())) {
        assertThat(value).isFinite();
      }
    }
  }

  @Test
  void refusesTemperaturesOutsideItsRange() {
    assertThatThrownBy(() -> new InfoNce(0, true)).hasMessageContaining("temperature");
    assertThatThrownBy(() -> new InfoNce(Double.NaN, true)).hasMessageContaining("temperature");
  }
}
