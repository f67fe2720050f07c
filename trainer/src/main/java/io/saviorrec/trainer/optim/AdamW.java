package io.saviorrec.trainer.optim;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Adam with decoupled weight decay, whose moments can be cleared row by row.
///
/// `m ← β₁ m + (1 − β₁) g`, `v ← β₂ v + (1 − β₂) g²`, `w ← w − lr · decay · w − lr · m̂ / (√v̂ +
/// ε)` with m̂ and v̂ corrected for their start at zero.
public final class AdamW implements Optimizer {
  private static final double EPSILON = 1e-8;

  private record Slot(
      Tensor parameter,
      Tensor values,
      Tensor mean,
      Tensor square,
      double rate,
      double weightDecay) {}

  private final double beta1;
  private final double beta2;
  private final List<Slot> slots = new ArrayList<>();
  private long steps;

  public AdamW(double beta1, double beta2, List<ParameterGroup> groups) {
    this.beta1 = beta1;
    this.beta2 = beta2;
    for (ParameterGroup group : groups) {
      for (Tensor parameter : group.parameters()) {
        // The detached tensor shares the parameter's memory and is unknown to autograd.
        Tensor values = parameter.detach();
        Tensor mean = torch.zeros_like(values);
        Tensor square = torch.zeros_like(values);
        values.retainReference();
        mean.retainReference();
        square.retainReference();
        slots.add(new Slot(parameter, values, mean, square, group.rate(), group.weightDecay()));
      }
    }
  }

  @Override
  public void step(DoubleUnaryOperator rate) {
    steps++;
    double correction1 = 1 - Math.pow(beta1, (double) steps);
    double correction2 = Math.sqrt(1 - Math.pow(beta2, (double) steps));
    try (var _ = new PointerScope()) {
      for (Slot slot : slots) {
        Tensor gradient = slot.parameter.mutable_grad();
        if (!gradient.defined()) {
          continue;
        }
        double learningRate = rate.applyAsDouble(slot.rate);
        Tensor g = gradient.detach();
        slot.mean.mul_(new Scalar(beta1)).add_(g, new Scalar(1 - beta1));
        slot.square.mul_(new Scalar(beta2)).addcmul_(g, g, new Scalar(1 - beta2));
        if (slot.weightDecay > 0) {
          slot.values.mul_(new Scalar(1 - learningRate * slot.weightDecay));
        }
        Tensor root = slot.square.sqrt().div_(new Scalar(correction2)).add_(new Scalar(EPSILON));
        slot.values.addcdiv_(slot.mean, root, new Scalar(-learningRate / correction1));
        g.zero_();
      }
    }
  }

  @Override
  public Map<String, Tensor> memory() {
    Map<String, Tensor> memory = new LinkedHashMap<>();
    for (int i = 0; i < slots.size(); i++) {
      Slot slot = slots.get(i);
      memory.put(i + ".values", slot.values);
      memory.put(i + ".mean", slot.mean);
      memory.put(i + ".square", slot.square);
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
    return slots.stream().map(Slot::parameter).toList();
  }

  /// Clears the moments of some rows of a parameter, as if they were new. Rows are vectors of its
  /// last dimension, counted over all others.
  public void forgetRows(Tensor parameter, Tensor rows) {
    for (Slot slot : slots) {
      if (slot.parameter.is_same(parameter)) {
        long width = parameter.size(-1);
        slot.mean.view(-1, width).index_fill_(0, rows, new Scalar(0));
        slot.square.view(-1, width).index_fill_(0, rows, new Scalar(0));
        return;
      }
    }
    throw new IllegalArgumentException("the optimiser does not train this parameter");
  }
}
