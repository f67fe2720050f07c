package io.saviorrec.trainer.loop;

import io.saviorrec.trainer.console.Interruption;
import io.saviorrec.trainer.console.Progress;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.loop.TrainingTask.Loss;
import io.saviorrec.trainer.optim.Optimizer;
import io.saviorrec.trainer.optim.RateSchedule;
import java.util.List;
import java.util.Locale;
import org.bytedeco.javacpp.PointerScope;

/// The steps that train a network: loss, backward, optimisers, once for each batch.
///
/// Each step has a scope of its own for its tensors. A loss that is not finite ends the run before
/// anything is moved by it, and a request to end the process ends it between two steps.
public final class TrainingLoop {
  private final String name;
  private final List<Optimizer> optimizers;
  private final RateSchedule schedule;
  private final String remedy;

  /// @param name what the progress display calls it
  /// @param remedy what to do when the loss is not finite, for instance `lower x`
  public TrainingLoop(
      String name, List<Optimizer> optimizers, RateSchedule schedule, String remedy) {
    this.name = name;
    this.optimizers = List.copyOf(optimizers);
    this.schedule = schedule;
    this.remedy = remedy;
  }

  /// Trains for some epochs.
  ///
  /// @param steps the steps of all epochs together, as planned; the schedule goes by it
  public Losses run(int epochs, long steps, TrainingTask task) {
    Losses losses = new Losses();
    try (Progress progress = Progress.start(name, steps)) {
      for (int epoch = 0; epoch < epochs; epoch++) {
        int stepsOfEpoch = task.beginEpoch();
        for (int i = 0; i < stepsOfEpoch; i++) {
          Interruption.check();
          progress.step(step(task, steps, losses));
        }
      }
    }
    return losses;
  }

  private double step(TrainingTask task, long steps, Losses losses) {
    int step = losses.steps();
    try (var _ = new PointerScope()) {
      Loss loss = task.next();
      double value = loss.mean().item_float();
      if (!Double.isFinite(value)) {
        throw new UserError(
            String.format(
                Locale.ROOT,
                "%s diverged: its loss is %s at step %d; %s",
                name,
                value,
                step + 1,
                remedy));
      }
      loss.mean().backward();
      for (Optimizer optimizer : optimizers) {
        optimizer.step(rate -> schedule.at(rate, step, steps));
      }
      loss.afterStep().run();
      losses.add(value, loss.samples());
      return value;
    }
  }
}
