package io.saviorrec.trainer.train;

import io.saviorrec.config.Settings;
import io.saviorrec.trainer.encoder.InitialWeights;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;

/// What a checkpoint that the encoder starts from decides of a preset: the shape of its towers.
public final class CheckpointSizing {
  private static final String CHECKPOINT = "encoder.checkpoint";

  private CheckpointSizing() {}

  /// Fits the preset to the settings' checkpoint, beneath what the user set.
  ///
  /// @return what was chosen, by key; nothing without a checkpoint
  /// @throws io.saviorrec.trainer.console.UserError when it is no checkpoint
  public static SequencedMap<String, String> apply(Settings<TrainConfig> settings) {
    Optional<String> path = given(settings);
    if (path.isEmpty()) {
      return Collections.emptyNavigableMap();
    }
    SequencedMap<String, String> chosen = new LinkedHashMap<>();
    InitialWeights.shape(path.get()).forEach((key, value) -> chosen.put("encoder." + key, value));
    chosen.forEach(settings::suggest);
    return chosen;
  }

  /// The settings' checkpoint.
  static Optional<String> given(Settings<TrainConfig> settings) {
    return settings.peek(CHECKPOINT).filter(path -> !path.isBlank());
  }
}
