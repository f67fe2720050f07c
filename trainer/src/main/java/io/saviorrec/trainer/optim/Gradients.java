package io.saviorrec.trainer.optim;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// Which parameters have a gradient: one that has got its first dense one keeps it, at zero between
/// two steps, and is moved by its moments from then on.
final class Gradients {
  private Gradients() {}

  /// The number of steps, then 1 for each parameter that has a gradient and 0 for others.
  static long[] counts(long steps, List<Tensor> parameters) {
    long[] counts = new long[1 + parameters.size()];
    counts[0] = steps;
    for (int i = 0; i < parameters.size(); i++) {
      counts[1 + i] = parameters.get(i).mutable_grad().defined() ? 1 : 0;
    }
    return counts;
  }

  /// Gives the parameters the gradients that they had.
  static void resume(long[] counts, List<Tensor> parameters) {
    for (int i = 0; i < parameters.size(); i++) {
      Tensor parameter = parameters.get(i);
      if (counts[1 + i] == 0) {
        parameter.mutable_grad().reset();
      } else {
        parameter.mutable_grad().put(torch.zeros_like(parameter.detach()));
      }
    }
  }
}
