package io.saviorrec.trainer.optim;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Adagrad, and with a decay of its accumulators AdagradV2 (DeepRec, AdagradDecayOptimizerV2):
///
/// ```
/// acc = max(acc * decay, initial)        at each multiple of the decay's steps
/// acc += g * g;  parameter -= rate * g / sqrt(acc)
/// ```
///
/// Rows of a table that a step did not touch have a zero gradient and stay as they are; their
/// accumulators decay with the others.
public final class Adagrad implements Optimizer {
  /// Where accumulators start; it keeps the first steps small.
  public static final double INITIAL_ACCUMULATOR = 0.1;

  /// What becomes of accumulators on long streams, so that learning does not stop.
  ///
  /// @param steps steps between two decays
  /// @param share what is left of an accumulator
  public record Decay(long steps, double share) {
    /// Accumulators only grow.
    public static final Decay NONE = new Decay(Long.MAX_VALUE, 1);

    public Decay {
      if (steps < 1 || !(share > 0 && share <= 1)) {
        throw new IllegalArgumentException(
            "steps must be at least 1 and share in (0, 1], were %d, %s".formatted(steps, share));
      }
    }
  }

  private record Slot(Tensor parameter, Tensor accumulator, double rate) {}

  private final List<Slot> slots = new ArrayList<>();
  private final double initialAccumulator;
  private final Decay decay;
  private long steps;

  public Adagrad(List<ParameterGroup> groups, double initialAccumulator, Decay decay) {
    this.initialAccumulator = initialAccumulator;
    this.decay = decay;
    for (ParameterGroup group : groups) {
      for (Tensor parameter : group.parameters()) {
        Tensor accumulator = torch.full_like(parameter, new Scalar(initialAccumulator)).detach();
        accumulator.retainReference();
        slots.add(new Slot(parameter, accumulator, group.rate()));
      }
    }
  }

  @Override
  public void step(DoubleUnaryOperator rate) {
    steps++;
    try (var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      for (Slot slot : slots) {
        Tensor gradient = slot.parameter.mutable_grad();
        if (!gradient.defined()) {
          continue;
        }
        if (steps % decay.steps() == 0) {
          slot.accumulator
              .mul_(new Scalar(decay.share()))
              .clamp_min_(new Scalar(initialAccumulator));
        }
        slot.accumulator.addcmul_(gradient, gradient, new Scalar(1));
        slot.parameter.addcdiv_(
            gradient, slot.accumulator.sqrt(), new Scalar(-rate.applyAsDouble(slot.rate)));
        gradient.zero_();
      }
    }
  }
}
