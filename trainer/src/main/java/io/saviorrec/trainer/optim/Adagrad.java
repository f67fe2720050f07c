package io.saviorrec.trainer.optim;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/// Adagrad, and with a decay of its accumulators AdagradV2 (DeepRec, AdagradDecayOptimizerV2):
///
/// ```
/// if step / decay.steps > decays:  acc = max(acc * decay.share, initial);  decays += 1
/// acc += g * g;  parameter -= rate * g / sqrt(acc)
/// ```
///
/// A parameter with dense gradients counts its decays as a whole. One with sparse gradients is a
/// table: only the rows that a step touched are read and written, whatever the size of the table,
/// and each row counts its own decays. A row that slept through some decays catches up on one of
/// them with each touch.
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

  private final List<Slot> slots = new ArrayList<>();
  private final double initialAccumulator;
  private final Decay decay;
  private long steps;

  /// A parameter and what is remembered of its gradients.
  private final class Slot {
    final Tensor parameter;
    final Tensor values;
    final Tensor accumulator;
    final double rate;

    /// How often each row has decayed, f32[rows]; only where something may be a table and decays.
    final @Nullable Tensor decays;

    Slot(Tensor parameter, double rate) {
      this.parameter = parameter;
      this.rate = rate;
      // The detached tensor shares the parameter's memory and is unknown to autograd.
      this.values = kept(parameter.detach());
      this.accumulator = kept(torch.full_like(values, new Scalar(initialAccumulator)));
      boolean counts = !decay.equals(Decay.NONE) && values.dim() > 1;
      this.decays =
          counts ? kept(torch.zeros_like(values.view(values.size(0), -1).select(1, 0))) : null;
    }

    void step(double learningRate) {
      Tensor gradient = parameter.mutable_grad();
      if (!gradient.defined()) {
        return;
      }
      if (gradient.is_sparse()) {
        Tensor touched = gradient.coalesce();
        stepRows(touched._indices().select(0, 0), touched._values(), learningRate);
        gradient.reset();
      } else {
        stepWhole(gradient, learningRate);
        gradient.zero_();
      }
    }

    private void stepWhole(Tensor gradient, double learningRate) {
      if (steps % decay.steps() == 0) {
        accumulator.mul_(new Scalar(decay.share())).clamp_min_(new Scalar(initialAccumulator));
      }
      accumulator.addcmul_(gradient, gradient, new Scalar(1));
      values.addcdiv_(gradient, accumulator.sqrt(), new Scalar(-learningRate));
    }

    private void stepRows(Tensor rows, Tensor gradient, double learningRate) {
      Tensor sum = accumulator.index_select(0, rows);
      if (decays != null && steps >= decay.steps()) {
        sum = decayed(sum, rows, decays);
      }
      sum.addcmul_(gradient, gradient, new Scalar(1));
      accumulator.index_copy_(0, rows, sum);
      Tensor moved = values.index_select(0, rows);
      moved.addcdiv_(gradient, sum.sqrt(), new Scalar(-learningRate));
      values.index_copy_(0, rows, moved);
    }

    /// The accumulators of rows, decayed where the row is behind.
    private Tensor decayed(Tensor sum, Tensor rows, Tensor decays) {
      Tensor done = decays.index_select(0, rows);
      long due = steps / decay.steps();
      Tensor behind = done.lt(new Scalar(due));
      decays.index_copy_(0, rows, done.add(behind));
      Tensor shrunk = sum.mul(new Scalar(decay.share())).clamp_min_(new Scalar(initialAccumulator));
      return torch.where(behind.unsqueeze(1), shrunk, sum);
    }
  }

  private static Tensor kept(Tensor tensor) {
    tensor.retainReference();
    return tensor;
  }

  public Adagrad(List<ParameterGroup> groups, double initialAccumulator, Decay decay) {
    this.initialAccumulator = initialAccumulator;
    this.decay = decay;
    for (ParameterGroup group : groups) {
      for (Tensor parameter : group.parameters()) {
        slots.add(new Slot(parameter, group.rate()));
      }
    }
  }

  @Override
  public void step(DoubleUnaryOperator rate) {
    steps++;
    try (var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      for (Slot slot : slots) {
        slot.step(rate.applyAsDouble(slot.rate));
      }
    }
  }

  @Override
  public Map<String, Tensor> memory() {
    Map<String, Tensor> memory = new LinkedHashMap<>();
    for (int i = 0; i < slots.size(); i++) {
      Slot slot = slots.get(i);
      memory.put(i + ".values", slot.values);
      memory.put(i + ".accumulator", slot.accumulator);
      if (slot.decays != null) {
        memory.put(i + ".decays", slot.decays);
      }
    }
    return memory;
  }

  @Override
  public long[] counts() {
    return Gradients.counts(steps, parameters());
  }

  @Override
  public void resume(long[] counts) {
    steps = counts[0];
    Gradients.resume(counts, parameters());
  }

  private List<Tensor> parameters() {
    return slots.stream().map(slot -> slot.parameter).toList();
  }
}
