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

  /// Where the task stands, for a checkpoint.
  Position position();

  /// The loss of one batch.
  ///
  /// @param mean a scalar with a gradient
  /// @param samples the weight of this batch where losses are averaged
  /// @param afterStep runs once the optimisers have moved the parameters
  record Loss(Tensor mean, int samples, Runnable afterStep) {}

  /// Everything beside the optimisers' memory that the next batch and its loss depend on: what of
  /// the data is still to come, the state of random generators, counts.
  interface Position {
    long[] save();

    /// Goes to where [#save] was called, in this process or another one.
    void restore(long[] saved);
  }

  /// One pass of a number of steps.
  static TrainingTask of(int steps, Supplier<Loss> next, Position position) {
    return new TrainingTask() {
      @Override
      public int beginEpoch() {
        return steps;
      }

      @Override
      public Loss next() {
        return next.get();
      }

      @Override
      public Position position() {
        return position;
      }
    };
  }
}
