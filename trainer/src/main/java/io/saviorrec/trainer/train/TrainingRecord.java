package io.saviorrec.trainer.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.trainer.loop.Checkpoints;
import io.saviorrec.trainer.ranker.RankerTrainer;
import java.util.Map;

/// What the stages of a training measured and how their losses fell, as a bundle keeps it.
final class TrainingRecord {
  private TrainingRecord() {}

  /// That of the ranker.
  static Map<String, Object> ranker(RankerTrainer.Summary summary, Checkpoints checkpoints) {
    return Map.of(
        "measured",
        Map.of("seconds", summary.seconds(), "samples", summary.samples()),
        "losses",
        checkpoints.curves());
  }

  /// @param stages the record of each, by its name
  static String json(Map<String, ?> stages) {
    try {
      return new ObjectMapper().writeValueAsString(stages);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("what was measured can always be written", e);
    }
  }
}
