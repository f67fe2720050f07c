package io.saviorrec.trainer.train;

import io.saviorrec.config.Settings;
import io.saviorrec.trainer.pretrained.Checkpoint;
import io.saviorrec.trainer.pretrained.Shape;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;

/// What a checkpoint that the encoder starts from decides of a preset: the shape of its towers.
public final class CheckpointSizing {
  private static final String CHECKPOINT = "encoder.checkpoint";

  /// Tokens of a text in CN-CLIP, `[CLS]` and `[SEP]` included.
  private static final int CONTEXT = 52;

  /// Features of a head where a checkpoint does not tell the heads.
  private static final int HEAD_WIDTH = 64;

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
    try (Checkpoint checkpoint = Checkpoint.open(Path.of(path.get()))) {
      Shape shape = checkpoint.shape();
      Shape.ImageTower image = shape.image();
      if (image != null) {
        put(chosen, "encoder.imageSize", image.imageSize());
        put(chosen, "encoder.patchSize", image.patchSize());
        chosen.put("encoder.shortcuts", "false");
        put(chosen, "encoder.image", image.tower());
        put(chosen, "encoder.merge.width", shape.projection());
      }
      put(chosen, "encoder.text", shape.text().tower());
      put(chosen, "encoder.maxTokens", Math.min(CONTEXT, shape.text().positions()));
    }
    chosen.forEach(settings::suggest);
    return chosen;
  }

  /// The settings' checkpoint.
  static Optional<String> given(Settings<TrainConfig> settings) {
    return settings.peek(CHECKPOINT).filter(path -> !path.isBlank());
  }

  private static void put(SequencedMap<String, String> chosen, String stack, Shape.Tower tower) {
    put(chosen, stack + ".width", tower.width());
    put(chosen, stack + ".layers", tower.layers());
    put(
        chosen,
        stack + ".heads",
        tower.heads() > 0 ? tower.heads() : Math.max(1, tower.width() / HEAD_WIDTH));
  }

  private static void put(SequencedMap<String, String> chosen, String key, int value) {
    chosen.put(key, Integer.toString(value));
  }
}
