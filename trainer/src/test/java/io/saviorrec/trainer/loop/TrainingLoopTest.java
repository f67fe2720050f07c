package io.saviorrec.trainer.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.loop.TrainingTask.Loss;
import io.saviorrec.trainer.loop.TrainingTask.Position;
import io.saviorrec.trainer.optim.AdamW;
import io.saviorrec.trainer.optim.Optimizer;
import io.saviorrec.trainer.optim.ParameterGroup;
import io.saviorrec.trainer.optim.RateSchedule;
import io.saviorrec.trainer.torch.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.DoubleUnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class TrainingLoopTest {
  private static final Position NOWHERE = new SeededRandom(0);

  private final List<String> events = new ArrayList<>();

  /// An optimiser without a memory.
  private static Optimizer told(Consumer<DoubleUnaryOperator> step) {
    return new Optimizer() {
      @Override
      public void step(DoubleUnaryOperator rate) {
        step.accept(rate);
      }

      @Override
      public Map<String, Tensor> memory() {
        return Map.of();
      }

      @Override
      public long[] counts() {
        return new long[0];
      }

      @Override
      public void resume(long[] counts) {}
    };
  }

  private TrainingLoop loop(Optimizer optimizer, RateSchedule schedule) {
    return new TrainingLoop("toy", List.of(optimizer), schedule, "lower toy.rate, now 1");
  }

  private static Tensor parameter() {
    Tensor w = Tensors.floats(new float[] {2, -1}, 2);
    w.set_requires_grad(true);
    return w;
  }

  private static Optimizer adamW(Tensor w) {
    return new AdamW(0.9, 0.99, List.of(ParameterGroup.of(List.of(w), 0.1)));
  }

  private static Loss square(Tensor w) {
    return new Loss(w.mul(w).sum(), 1, () -> {});
  }

  @Test
  void theLossFallsStepByStep() {
    try (var _ = new PointerScope()) {
      Tensor w = parameter();
      Losses losses =
          loop(adamW(w), RateSchedule.constant())
              .run(1, 100, TrainingTask.of(100, () -> square(w), NOWHERE), Checkpoints.none());
      assertThat(losses.steps()).isEqualTo(100);
      assertThat(losses.mean(0, 1)).isEqualTo(5);
      assertThat(losses.meanOfLastTenth()).isLessThan(0.05);
    }
  }

  @Test
  void aStepIsLossThenOptimiserThenWhatFollowsItEpochByEpoch() {
    Optimizer optimizer = told(rate -> events.add("moved at " + rate.applyAsDouble(4)));
    TrainingTask task =
        new TrainingTask() {
          private int epoch;

          @Override
          public int beginEpoch() {
            events.add("epoch");
            return ++epoch;
          }

          @Override
          public Loss next() {
            events.add("loss");
            return new Loss(parameter().sum(), 1, () -> events.add("after"));
          }

          @Override
          public Position position() {
            return NOWHERE;
          }
        };
    loop(optimizer, (rate, step, steps) -> rate * step / steps).run(2, 4, task, Checkpoints.none());
    assertThat(events)
        .containsExactly(
            "epoch",
            "loss",
            "moved at 0.0",
            "after",
            "epoch",
            "loss",
            "moved at 1.0",
            "after",
            "loss",
            "moved at 2.0",
            "after");
  }

  @Test
  void aLossThatIsNotFiniteMovesNothingAndSaysWhatToDo() {
    try (var _ = new PointerScope()) {
      Tensor w = parameter();
      int[] step = {0};
      TrainingTask task =
          TrainingTask.of(
              9,
              () ->
                  new Loss(
                      w.mul(w).sum().mul(new Scalar(step[0]++ < 2 ? 1f : Float.NaN)),
                      1,
                      () -> events.add("after")),
              NOWHERE);
      Optimizer adamW = adamW(w);
      List<float[]> moved = new ArrayList<>();
      Optimizer optimizer =
          told(
              rate -> {
                adamW.step(rate);
                moved.add(Tensors.toFloats(w));
              });
      assertThatThrownBy(
              () -> loop(optimizer, RateSchedule.constant()).run(1, 9, task, Checkpoints.none()))
          .isInstanceOf(UserError.class)
          .hasMessage("toy diverged: its loss is NaN at step 3; lower toy.rate, now 1");
      assertThat(events).hasSize(2);
      assertThat(Tensors.toFloats(w)).containsExactly(moved.getLast());
    }
  }

  @Test
  void meansOfLossesWeighByTheirSamples() {
    Losses losses = new Losses();
    for (int step = 0; step < 100; step++) {
      losses.add(step, step == 99 ? 3 : 1);
    }
    assertThat(losses.samples()).isEqualTo(102);
    assertThat(losses.mean(98, 100)).isCloseTo((98 + 3 * 99) / 4.0, within(1e-12));
    assertThat(losses.meanOfLastTenth())
        .isCloseTo((90 + 91 + 92 + 93 + 94 + 95 + 96 + 97 + 98 + 3 * 99) / 12.0, within(1e-12));
    assertThat(losses.mean(7, 7)).isNaN();
  }
}
