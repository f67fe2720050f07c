package io.saviorrec.trainer.optim;

import java.util.function.DoubleUnaryOperator;

/// A rule that moves groups of parameters by their gradients.
public interface Optimizer {
  /// Moves every parameter that has a gradient, then clears the gradients.
  ///
  /// @param rate a group's learning rate now, given its first one
  void step(DoubleUnaryOperator rate);
}
