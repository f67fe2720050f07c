package io.saviorrec.trainer.ranker;

import com.fasterxml.jackson.databind.JsonNode;
import io.saviorrec.config.Settings;

/// What manifests of older releases do not say of a ranker's settings, because there was one way
/// only.
public final class OlderSettings {
  private static final String SOURCE = "a release without it";

  /// Says it as that release would have.
  ///
  /// @param settings whose settings of the ranker begin with `prefix`
  /// @param recorded those of the ranker that the manifest has
  public static void complete(Settings<?> settings, String prefix, JsonNode recorded) {
    if (!recorded.has("taste")) {
      settings.set(prefix + "taste.enabled", "false", SOURCE);
      settings.set(prefix + "taste.width", "1", SOURCE);
      settings.set(prefix + "taste.halfLife", "1", SOURCE);
    }
    if (!recorded.path("training").has("coldDropout")) {
      settings.set(prefix + "training.coldDropout", "0", SOURCE);
    }
  }

  private OlderSettings() {}
}
