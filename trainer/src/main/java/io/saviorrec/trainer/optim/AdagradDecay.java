package io.saviorrec.trainer.optim;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// AdagradV2: Adagrad whose accumulator decays, so that learning does not stop on long streams.
///
/// Every `decaySteps` steps, accumulators are multiplied by `decay` and never fall below their
/// start (DeepRec, AdagradDecayOptimizerV2):
///
/// ```
/// acc = max(acc * decay, initial)        at each multiple of decaySteps
/// acc += g * g;  parameter -= rate * g / sqrt(acc)
/// ```
///
/// Rows of a table that a step did not touch have a zero gradient and stay as they are.
public final class AdagradDecay implements Optimizer {
  private final List<Tensor> parameters;
  private final List<Tensor> accumulators = new ArrayList<>();
  private final double initialAccumulator;
  private final long decaySteps;
  private final double decay;
  private final double firstRate;
  private double rate;
  private long step;

  public AdagradDecay(
      List<Tensor> parameters,
      double rate,
      double initialAccumulator,
      long decaySteps,
      double decay) {
    this.parameters = List.copyOf(parameters);
    this.firstRate = rate;
    this.rate = rate;
    this.initialAccumulator = initialAccumulator;
    this.decaySteps = decaySteps;
    this.decay = decay;
    for (Tensor parameter : parameters) {
      Tensor accumulator = torch.full_like(parameter, new Scalar(initialAccumulator)).detach();
      accumulator.retainReference();
      accumulators.add(accumulator);
    }
  }

  @Override
  public void rateShare(double share) {
    rate = firstRate * share;
  }

  @Override
  public void step() {
    step++;
    try (var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      for (int i = 0; i < parameters.size(); i++) {
        Tensor parameter = parameters.get(i);
        Tensor gradient = parameter.grad();
        if (!gradient.defined()) {
          continue;
        }
        Tensor accumulator = accumulators.get(i);
        if (step % decaySteps == 0) {
          accumulator.mul_(new Scalar(decay)).clamp_min_(new Scalar(initialAccumulator));
        }
        accumulator.addcmul_(gradient, gradient, new Scalar(1));
        parameter.addcdiv_(gradient, accumulator.sqrt(), new Scalar(-rate));
      }
    }
  }

  @Override
  public void zeroGradients() {
    Gradients.zero(parameters);
  }
}
