package io.saviorrec.trainer.optim;

import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import org.bytedeco.pytorch.Tensor;

/// A rule that moves groups of parameters by their gradients.
public interface Optimizer {
  /// Moves every parameter that has a gradient, then clears the gradients.
  ///
  /// @param rate a group's learning rate now, given its first one
  void step(DoubleUnaryOperator rate);

  /// The parameters and what is remembered of their gradients, by name: the very memory, all
  /// float32, which a checkpoint copies from and into.
  Map<String, Tensor> memory();

  /// What else the next step depends on.
  long[] counts();

  /// Goes on from where [#counts] was called, once [#memory] is what it was then.
  void resume(long[] counts);
}
