package io.saviorrec.trainer.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.trainer.torch.Tensors;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class AdagradDecayTest {
  private static final double RATE = 0.1;
  private static final double INITIAL = 0.5;
  private static final int DECAY_STEPS = 3;
  private static final double DECAY = 0.25;

  @Test
  void movesLikeThePlainFormulaAndItsAccumulatorFallsToItsStartAtMost() {
    double[] plain = {1, -2, 0.5, 3};
    double[] accumulator = {INITIAL, INITIAL, INITIAL, INITIAL};
    int floored = 0;
    int decayed = 0;
    try (var _ = new PointerScope()) {
      Tensor w = Tensors.floats(new float[] {1, -2, 0.5f, 3}, 2, 2);
      w.set_requires_grad(true);
      AdagradDecay optimizer = new AdagradDecay(List.of(w), RATE, INITIAL, DECAY_STEPS, DECAY);
      for (int step = 1; step <= 14; step++) {
        // The last coordinate is touched in every fifth step only.
        float touched = step % 5 == 0 ? 1 : 0;
        double share = step > 10 ? 0.5 : 1;
        optimizer.rateShare(share);
        Tensor weight = Tensors.floats(new float[] {1, 2, 0.1f, touched}, 2, 2);
        w.mul(w).mul(weight).sum().backward();
        optimizer.step();
        optimizer.zeroGradients();
        double[] weights = {1, 2, 0.1f, touched};
        for (int i = 0; i < plain.length; i++) {
          double gradient = 2 * plain[i] * weights[i];
          if (step % DECAY_STEPS == 0) {
            floored += accumulator[i] * DECAY < INITIAL ? 1 : 0;
            decayed += accumulator[i] * DECAY > INITIAL ? 1 : 0;
            accumulator[i] = Math.max(accumulator[i] * DECAY, INITIAL);
          }
          accumulator[i] += gradient * gradient;
          plain[i] -= RATE * share * gradient / Math.sqrt(accumulator[i]);
        }
        float[] moved = Tensors.toFloats(w);
        for (int i = 0; i < plain.length; i++) {
          assertThat((double) moved[i])
              .as("step %d, %d", step, i)
              .isCloseTo(plain[i], within(1e-5));
        }
      }
    }
    assertThat(floored).isPositive();
    assertThat(decayed).isPositive();
  }

  @Test
  void leavesAParameterWithoutAGradientAlone() {
    try (var _ = new PointerScope()) {
      Tensor w = Tensors.floats(new float[] {1, 2}, 2);
      w.set_requires_grad(true);
      new AdagradDecay(List.of(w), RATE, INITIAL, DECAY_STEPS, DECAY).step();
      assertThat(Tensors.toFloats(w)).containsExactly(1, 2);
    }
  }
}
