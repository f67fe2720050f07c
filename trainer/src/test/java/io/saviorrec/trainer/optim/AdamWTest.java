package io.saviorrec.trainer.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.trainer.torch.Tensors;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

final class AdamWTest {
  private static final double BETA_1 = 0.9;
  private static final double BETA_2 = 0.98;

  private static Tensor parameter(float... values) {
    return Tensors.floats(values, values.length / 2, 2).set_requires_grad(true);
  }

  private static AdamW optimizer(double weightDecay, Tensor... parameters) {
    return new AdamW(
        BETA_1, BETA_2, List.of(new ParameterGroup(List.of(parameters), 1, weightDecay)));
  }

  /// The gradient of `w²/2` is w itself.
  private static void step(AdamW optimizer, Tensor w, double rate) {
    w.mul(w).sum().div(new Scalar(2f)).backward();
    optimizer.step(_ -> rate);
  }

  @Test
  void movesLikeThePlainFormula() {
    try (var _ = new PointerScope()) {
      Tensor w = parameter(1, -2, 0.5f, 3);
      AdamW optimizer = optimizer(0.1, w);
      double[] plain = {1, -2, 0.5, 3};
      double[] mean = new double[4];
      double[] square = new double[4];
      for (int t = 1; t <= 7; t++) {
        double rate = 0.05 / t;
        step(optimizer, w, rate);
        for (int i = 0; i < 4; i++) {
          double g = plain[i];
          mean[i] = BETA_1 * mean[i] + (1 - BETA_1) * g;
          square[i] = BETA_2 * square[i] + (1 - BETA_2) * g * g;
          double first = mean[i] / (1 - Math.pow(BETA_1, t));
          double second = square[i] / (1 - Math.pow(BETA_2, t));
          plain[i] -= rate * 0.1 * plain[i] + rate * first / (Math.sqrt(second) + 1e-8);
        }
      }
      float[] values = Tensors.toFloats(w);
      for (int i = 0; i < 4; i++) {
        assertThat((double) values[i]).isCloseTo(plain[i], within(1e-5));
      }
    }
  }

  @Test
  void leavesAParameterWithoutAGradientAlone() {
    try (var _ = new PointerScope()) {
      Tensor used = parameter(1, 2);
      Tensor unused = parameter(3, 4);
      AdamW optimizer = optimizer(0.5, used, unused);
      step(optimizer, used, 0.1);
      assertThat(Tensors.toFloats(unused)).containsExactly(3, 4);
    }
  }

  @Test
  void forgetsTheMomentsOfTheRowsAskedFor() {
    try (var _ = new PointerScope()) {
      Tensor w = parameter(1, 1, 1, 1);
      AdamW optimizer = optimizer(0, w);
      step(optimizer, w, 0.1);
      optimizer.forgetRows(w, Tensors.longs(new long[] {1}, 1));
      float[] before = Tensors.toFloats(w);
      // Without gradients only remembered moments move anything.
      w.mul(torch.zeros_like(w)).sum().backward();
      optimizer.step(_ -> 0.1);
      float[] after = Tensors.toFloats(w);
      assertThat(after[0]).isLessThan(before[0]);
      assertThat(after[2]).isEqualTo(before[2]);
      assertThatThrownBy(
              () -> optimizer.forgetRows(parameter(1, 2), Tensors.longs(new long[] {0}, 1)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
