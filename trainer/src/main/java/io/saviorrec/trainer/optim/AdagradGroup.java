package io.saviorrec.trainer.optim;

import java.util.List;
import org.bytedeco.pytorch.Adagrad;
import org.bytedeco.pytorch.AdagradOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;

/// libtorch's Adagrad with an initial accumulator of 0.1 over a group of parameters.
public final class AdagradGroup implements Optimizer {
  private final Adagrad adagrad;
  private final double firstRate;

  public AdagradGroup(List<Tensor> parameters, double rate) {
    AdagradOptions options = new AdagradOptions(rate);
    options.initial_accumulator_value().put(0.1);
    this.adagrad = new Adagrad(new TensorVector(parameters.toArray(Tensor[]::new)), options);
    this.firstRate = rate;
  }

  @Override
  public void rateShare(double share) {
    adagrad.param_groups().get(0).options().set_lr(firstRate * share);
  }

  @Override
  public void step() {
    adagrad.step();
  }

  @Override
  public void zeroGradients() {
    adagrad.zero_grad();
  }
}
