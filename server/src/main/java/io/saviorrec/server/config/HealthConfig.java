package io.saviorrec.server.config;

import io.saviorrec.config.Check;
import java.time.Duration;

/// When failures make the server unready, and how it finds out that they are over.
///
/// @param failuresInRow failures of a model, or of the item store, one after another, that count
/// @param probeInterval how often a model that failed is tried
public record HealthConfig(int failuresInRow, Duration probeInterval) {
  static final HealthConfig DEFAULT = new HealthConfig(3, Duration.ofSeconds(2));

  public HealthConfig {
    Check.all(
        check ->
            check
                .range("failuresInRow", failuresInRow, 1, 1_000_000)
                .range(
                    "probeInterval", probeInterval, Duration.ofMillis(10), Duration.ofMinutes(10)));
  }
}
