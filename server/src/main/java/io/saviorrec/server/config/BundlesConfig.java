package io.saviorrec.server.config;

import io.saviorrec.config.Check;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Which bundles are loaded, and how soon a change of one is noticed.
///
/// @param trustedKeys a public key, or a folder of them: only bundles that one of them signed are
///   loaded; null: all are
/// @param watchInterval time between two looks at the files of the loaded bundles
public record BundlesConfig(@Nullable String trustedKeys, Duration watchInterval) {
  static final BundlesConfig DEFAULT = new BundlesConfig(null, Duration.ofSeconds(5));

  public BundlesConfig {
    Check.all(
        check ->
            check
                .notBlank("trustedKeys", trustedKeys)
                .range("watchInterval", watchInterval, Duration.ofMillis(10), Duration.ofHours(1)));
  }
}
