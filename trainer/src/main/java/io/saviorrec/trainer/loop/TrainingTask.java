package io.saviorrec.trainer.loop;

import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/// What differs between the networks that a [TrainingLoop] trains: their batches and losses.
public interface TrainingTask {
  /// Begins the next pass over the data.
  ///
  /// @return its steps
  int beginEpoch();

  /// The next batch's loss. Its tensors live until the end of the step.
  Loss next();

  /// The loss of one batch.
  ///
  /// @param mean a scalar with a gradient
  /// @param samples the weight of this batch where losses are averaged
  /// @param afterStep runs once the optimisers have moved the parameters
  record Loss(Tensor mean, int samples, Runnable afterStep) {}

  /// One pass of a number of steps.
  static TrainingTask of(int steps, Supplier<Loss> next) {
    return new TrainingTask() {
      @Override
      public int beginEpoch() {
        return steps;
      }

      @Override
      public Loss next() {
        return next.get();
      }
    };
  }
}
