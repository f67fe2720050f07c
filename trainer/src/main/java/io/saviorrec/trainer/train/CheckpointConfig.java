package io.saviorrec.trainer.train;

import io.saviorrec.config.Check;
import io.saviorrec.trainer.loop.Checkpoints;
import java.time.Duration;

/// How often a running stage is kept.
///
/// @param everySeconds after so many seconds of training; 0: not by time
/// @param everySteps after so many steps; 0: not by steps
public record CheckpointConfig(int everySeconds, int everySteps) {
  public CheckpointConfig {
    Check.all(
        check ->
            check.atLeast("everySeconds", everySeconds, 0).atLeast("everySteps", everySteps, 0));
  }

  Checkpoints.Every every() {
    return new Checkpoints.Every(Duration.ofSeconds(everySeconds), everySteps);
  }
}
