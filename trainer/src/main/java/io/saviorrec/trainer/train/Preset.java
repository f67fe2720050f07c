package io.saviorrec.trainer.train;

import io.saviorrec.config.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/// A named size of the whole training run: every setting, in `presets/` on the class path.
public enum Preset {
  /// Seconds; for tests.
  TINY,
  /// Minutes on two cores; for some thousand items and some hundred thousand impressions.
  SMALL,
  /// The paper's §4.1.4 hyper-parameters.
  PAPER;

  /// The preset's settings, with nothing over them yet.
  public Settings<TrainConfig> settings() {
    String resource = "presets/" + name().toLowerCase(Locale.ROOT) + ".yaml";
    try (InputStream in = Preset.class.getClassLoader().getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("no " + resource + " on the class path");
      }
      String yaml = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return Settings.over(TrainConfig.class, yaml, resource);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The preset as it is, before the data is looked at.
  public TrainConfig config() {
    return settings().bind();
  }
}
