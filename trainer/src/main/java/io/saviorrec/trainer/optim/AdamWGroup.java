package io.saviorrec.trainer.optim;

import io.saviorrec.trainer.torch.AdamW;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/// AdamW with betas 0.9 and 0.99 and without decay over a group of parameters.
public final class AdamWGroup implements Optimizer {
  private final AdamW adamW = new AdamW(0.9, 0.99);
  private final double firstRate;
  private double rate;

  public AdamWGroup(List<Tensor> parameters, double rate) {
    this.firstRate = rate;
    this.rate = rate;
    parameters.forEach(parameter -> adamW.add(parameter, 0));
  }

  @Override
  public void rateShare(double share) {
    rate = firstRate * share;
  }

  /// Also clears the gradients.
  @Override
  public void step() {
    try (var _ = new PointerScope()) {
      adamW.step(rate);
    }
  }

  @Override
  public void zeroGradients() {}
}
