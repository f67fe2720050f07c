package io.saviorrec.server.config;

import io.saviorrec.config.Check;
import java.time.Duration;

/// Which versions of the repository are served, and how new ones come in.
///
/// @param keepVersions how many of the newest good versions of each model are live at once, beside
///   those that the routing names
/// @param pollInterval time between two looks at the repository; 0: only when asked to
/// @param strict whether a bad version keeps the server from starting, even where the model has an
///   older good one
public record ModelsConfig(int keepVersions, Duration pollInterval, boolean strict) {
  static final ModelsConfig DEFAULT = new ModelsConfig(1, Duration.ofSeconds(10), false);

  public ModelsConfig {
    Check.all(
        check ->
            check
                .range("keepVersions", keepVersions, 1, 100)
                .range("pollInterval", pollInterval, Duration.ZERO, Duration.ofDays(1)));
  }
}
