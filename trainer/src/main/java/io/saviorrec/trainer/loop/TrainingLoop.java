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
/// anything is moved by it, and a request to end the process ends it between two steps. Between two
/// steps, too, a run is kept as a checkpoint now and then, when it is asked to end, and at its end;
/// one that finds a checkpoint goes on from there to the same result, byte for byte.
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

  /// Trains for some epochs, or goes on with a run of the same arguments.
  ///
  /// @param steps the steps of all epochs together, as planned; the schedule goes by it
  public Losses run(int epochs, long steps, TrainingTask task, Checkpoints checkpoints) {
    Kept kept = new Kept(name, optimizers, task, checkpoints);
    kept.restore();
    try (Progress progress = Progress.start(name, steps)) {
      progress.advance(kept.losses.steps(), Double.NaN);
      while (kept.beginsEpoch(epochs)) {
        while (kept.stepsLeft()) {
          stopIfAsked(kept);
          long start = System.nanoTime();
          progress.step(step(task, steps, kept.losses));
          kept.stepped(System.nanoTime() - start);
        }
      }
    }
    kept.save();
    checkpoints.ended(name, kept.losses);
    return kept.losses;
  }

  private static void stopIfAsked(Kept kept) {
    if (Interruption.asked()) {
      kept.save();
    }
    Interruption.check();
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
