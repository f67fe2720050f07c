package io.saviorrec.trainer.optim;

/// One group of parameters and the rule that updates it.
public interface Optimizer {
  /// Sets the learning rate to this share of the first one.
  void rateShare(double share);

  /// Updates the parameters from their gradients.
  void step();

  void zeroGradients();
}
