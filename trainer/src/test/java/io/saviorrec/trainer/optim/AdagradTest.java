package io.saviorrec.trainer.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.trainer.torch.Tensors;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AdagradOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class AdagradTest {
  private static final double RATE = 0.1;
  private static final Offset<Float> CLOSE = within(1e-5f);

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

  /// By hand, a table of three rows of one column, sparse, from an accumulator of 9, a quarter left
  /// at every second step, again in roots that come out even (the third row is never touched):
  ///
  /// ```
  ///           first row                                second row
  /// step 1    acc  9 + 4²  = 5²      -0.1 * 4 / 5      -
  /// step 2    25 / 4 falls to 9                        -
  ///           acc  9 + 4²  = 5²      -0.1 * 4 / 5
  /// step 3    acc 25 + 12² = 13²     -0.1 * 12 / 13    -
  /// step 4    -                                        -
  /// step 5    169 / 4 = 42.25, its second decay        9 / 4 stays 9, its first decay
  ///           42.25 + 15.6² = 16.9²  -0.1 * 15.6/16.9  acc 9 + 7.2² = 7.8²  -0.1 * 7.2 / 7.8
  /// step 6    285.61 / 4 = 71.4025, its third          60.84 / 4 = 15.21, its second
  ///           71.4025 + 20.28² = 21.97²                15.21 + 9.36² = 10.14²
  ///                          -0.1 * 20.28 / 21.97                  -0.1 * 9.36 / 10.14
  /// step 7    -                                        10.14² / 4 = 5.07², its third, a step late
  ///                                                    5.07² + 12.168² = 13.182²
  ///                                                                  -0.1 * 12.168 / 13.182
  /// ```
  @Test
  void aTableFollowsATraceThatWasComputedByHandRowByRow() {
    try (var _ = new PointerScope()) {
      Tensor table = Tensors.floats(new float[] {1, 1, 1}, 3, 1);
      table.set_requires_grad(true);
      Adagrad optimizer = adagrad(table, 9, new Adagrad.Decay(2, 0.25));
      float first = 1;
      float second = 1;
      touch(optimizer, table, new long[] {0}, 4);
      first -= 0.1f * 4 / 5;
      assertThat(Tensors.toFloats(table)).containsExactly(new float[] {first, 1, 1}, CLOSE);
      touch(optimizer, table, new long[] {0}, 4);
      first -= 0.1f * 4 / 5;
      assertThat(Tensors.toFloats(table)).containsExactly(new float[] {first, 1, 1}, CLOSE);
      // Twice in one step: its gradients are added before they are squared.
      touch(optimizer, table, new long[] {0, 0}, 5, 7);
      first -= 0.1f * 12 / 13;
      assertThat(Tensors.toFloats(table)).containsExactly(new float[] {first, 1, 1}, CLOSE);
      touch(optimizer, table, new long[] {});
      touch(optimizer, table, new long[] {1, 0}, 7.2f, 15.6f);
      first -= 0.1f * 15.6f / 16.9f;
      second -= 0.1f * 7.2f / 7.8f;
      assertThat(Tensors.toFloats(table)).containsExactly(new float[] {first, second, 1}, CLOSE);
      touch(optimizer, table, new long[] {0, 1}, 20.28f, 9.36f);
      first -= 0.1f * 20.28f / 21.97f;
      second -= 0.1f * 9.36f / 10.14f;
      assertThat(Tensors.toFloats(table)).containsExactly(new float[] {first, second, 1}, CLOSE);
      touch(optimizer, table, new long[] {1}, 12.168f);
      second -= 0.1f * 12.168f / 13.182f;
      assertThat(Tensors.toFloats(table)).containsExactly(new float[] {first, second, 1}, CLOSE);
    }
  }

  /// A step with these gradients of these rows.
  private static void touch(Adagrad optimizer, Tensor table, long[] rows, float... gradients) {
    torch
        .embedding(table, Tensors.longs(rows, rows.length), -1, false, true)
        .mul(Tensors.floats(gradients, rows.length, 1))
        .sum()
        .backward();
    optimizer.step(rate -> rate);
  }

  /// Ten thousand rows against a million, the same ones touched: what a step takes must not follow
  /// the table. Swept as a whole the large table takes a hundred times as long.
  @Test
  void aStepCostsNoMoreWithALargeTable() {
    try (var _ = new PointerScope()) {
      torch.set_num_threads(1);
      long small = Long.MAX_VALUE;
      long large = Long.MAX_VALUE;
      Tensor few = Tensors.normal(1, 10_000, 16).set_requires_grad(true);
      Tensor many = Tensors.normal(1, 1_000_000, 16).set_requires_grad(true);
      Adagrad ofFew = adagrad(few, 0.1, new Adagrad.Decay(5, 0.9));
      Adagrad ofMany = adagrad(many, 0.1, new Adagrad.Decay(5, 0.9));
      Random random = new Random(3);
      for (int round = 0; round < 40; round++) {
        long[] rows = random.longs(500, 0, 10_000).toArray();
        float[] gradients = new float[rows.length];
        small = Math.min(small, nanos(() -> touch(ofFew, few, rows, gradients)));
        large = Math.min(large, nanos(() -> touch(ofMany, many, rows, gradients)));
      }
      assertThat((double) large / small).isLessThan(5);
    }
  }

  private static long nanos(Runnable work) {
    long start = System.nanoTime();
    work.run();
    return System.nanoTime() - start;
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
