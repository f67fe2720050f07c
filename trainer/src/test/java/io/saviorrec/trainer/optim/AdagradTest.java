package io.saviorrec.trainer.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.trainer.torch.Tensors;
import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AdagradOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.junit.jupiter.api.Test;

class AdagradTest {
  private static final double RATE = 0.1;

  private static Tensor parameter(float... values) {
    Tensor parameter = Tensors.floats(values, values.length);
    parameter.set_requires_grad(true);
    return parameter;
  }

  private static Adagrad adagrad(Tensor w, double initialAccumulator, Adagrad.Decay decay) {
    return new Adagrad(List.of(ParameterGroup.of(List.of(w), RATE)), initialAccumulator, decay);
  }

  /// Gives a parameter these gradients.
  private static void backward(Tensor w, float... gradients) {
    w.mul(Tensors.floats(gradients, gradients.length)).sum().backward();
  }

  /// By hand, from an accumulator of 9, a quarter left at every third step, in roots that come out
  /// even (3-4-5, 5-12-13 and 6.5-15.6-16.9):
  ///
  /// ```
  ///            first coordinate                     second coordinate
  /// step 1     acc  9 + 4² = 5²    -0.1 * 4 / 5     acc    9 + 4²    = 5²      -0.1 * 4 / 5
  /// step 2     acc 25 + 0² = 5²     0               acc   25 + 12²   = 13²     -0.1 * 12 / 13
  /// step 3     25 / 4 falls to 9                    169 / 4 = 42.25
  ///            acc  9 + 4² = 5²    -0.05 * 4 / 5    acc 42.25 + 15.6² = 16.9²  -0.05 * 15.6 / 16.9
  /// ```
  @Test
  void followsATraceThatWasComputedByHand() {
    try (var _ = new PointerScope()) {
      Tensor w = parameter(1, 1);
      Adagrad optimizer = adagrad(w, 9, new Adagrad.Decay(3, 0.25));
      backward(w, 4, 4);
      optimizer.step(rate -> rate);
      assertThat(Tensors.toFloats(w)).containsExactly(new float[] {0.92f, 0.92f}, within(1e-6f));
      backward(w, 0, 12);
      optimizer.step(rate -> rate);
      assertThat(Tensors.toFloats(w))
          .containsExactly(new float[] {0.92f, 0.8276923f}, within(1e-6f));
      backward(w, 4, 15.6f);
      optimizer.step(rate -> rate / 2);
      assertThat(Tensors.toFloats(w))
          .containsExactly(new float[] {0.88f, 0.7815385f}, within(1e-6f));
    }
  }

  @Test
  void withoutDecayItIsLibtorchsAdagradBitByBit() {
    Random random = new Random(1);
    try (var _ = new PointerScope()) {
      Tensor ours = parameter(1, -2, 0.5f, 3);
      Tensor theirs = parameter(1, -2, 0.5f, 3);
      Adagrad optimizer = adagrad(ours, Adagrad.INITIAL_ACCUMULATOR, Adagrad.Decay.NONE);
      AdagradOptions options = new AdagradOptions(RATE);
      options.initial_accumulator_value().put(Adagrad.INITIAL_ACCUMULATOR);
      var reference = new org.bytedeco.pytorch.Adagrad(new TensorVector(theirs), options);
      for (int step = 0; step < 20; step++) {
        float[] gradients = new float[4];
        for (int i = 0; i < 4; i++) {
          gradients[i] = (float) random.nextGaussian();
        }
        backward(ours, gradients);
        backward(theirs, gradients);
        optimizer.step(rate -> rate);
        reference.step();
        reference.zero_grad();
        assertThat(Tensors.toFloats(ours)).containsExactly(Tensors.toFloats(theirs));
      }
    }
  }

  @Test
  void everyGroupMovesAtItsOwnRate() {
    try (var _ = new PointerScope()) {
      Tensor slow = parameter(1);
      Tensor fast = parameter(1);
      Adagrad optimizer =
          new Adagrad(
              List.of(ParameterGroup.of(List.of(slow), 0.1), ParameterGroup.of(List.of(fast), 0.5)),
              9,
              Adagrad.Decay.NONE);
      backward(slow, 4);
      backward(fast, 4);
      optimizer.step(rate -> rate);
      assertThat(slow.item_float()).isCloseTo(0.92f, within(1e-6f));
      assertThat(fast.item_float()).isCloseTo(0.6f, within(1e-6f));
    }
  }

  @Test
  void leavesAParameterWithoutAGradientAlone() {
    try (var _ = new PointerScope()) {
      Tensor w = parameter(1, 2);
      adagrad(w, 9, Adagrad.Decay.NONE).step(rate -> rate);
      assertThat(Tensors.toFloats(w)).containsExactly(1, 2);
    }
  }

  @Test
  void refusesADecayThatIsNone() {
    assertThatThrownBy(() -> new Adagrad.Decay(0, 0.9))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Adagrad.Decay(1, 0)).isInstanceOf(IllegalArgumentException.class);
  }
}
