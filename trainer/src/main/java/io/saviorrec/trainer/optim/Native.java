package io.saviorrec.trainer.optim;

import java.util.List;
import org.bytedeco.pytorch.Adagrad;
import org.bytedeco.pytorch.AdagradOptions;
import org.bytedeco.pytorch.AdamW;
import org.bytedeco.pytorch.AdamWOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;

/// An optimiser of libtorch.
public final class Native implements Optimizer {
  private final org.bytedeco.pytorch.Optimizer optimizer;
  private final double firstRate;

  private Native(org.bytedeco.pytorch.Optimizer optimizer, double firstRate) {
    this.optimizer = optimizer;
    this.firstRate = firstRate;
  }

  /// Adagrad with an initial accumulator of 0.1.
  public static Native adagrad(List<Tensor> parameters, double rate) {
    AdagradOptions options = new AdagradOptions(rate);
    options.initial_accumulator_value().put(0.1);
    return new Native(new Adagrad(vector(parameters), options), rate);
  }

  /// AdamW with betas 0.9 and 0.99 and this weight decay.
  public static Native adamW(List<Tensor> parameters, double rate, double weightDecay) {
    AdamWOptions options = new AdamWOptions(rate);
    options.weight_decay().put(weightDecay);
    options.betas().put(0, 0.9);
    options.betas().put(1, 0.99);
    return new Native(new AdamW(vector(parameters), options), rate);
  }

  private static TensorVector vector(List<Tensor> parameters) {
    return new TensorVector(parameters.toArray(Tensor[]::new));
  }

  @Override
  public void rateShare(double share) {
    optimizer.param_groups().get(0).options().set_lr(firstRate * share);
  }

  @Override
  public void step() {
    optimizer.step();
  }

  @Override
  public void zeroGradients() {
    optimizer.zero_grad();
  }
}
