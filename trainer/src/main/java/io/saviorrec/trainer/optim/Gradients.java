package io.saviorrec.trainer.optim;

import java.util.List;
import org.bytedeco.pytorch.Tensor;

/// Gradients of a list of parameters.
final class Gradients {
  private Gradients() {}

  static void zero(List<Tensor> parameters) {
    for (Tensor parameter : parameters) {
      Tensor gradient = parameter.mutable_grad();
      if (gradient.defined()) {
        gradient.zero_();
      }
    }
  }
}
