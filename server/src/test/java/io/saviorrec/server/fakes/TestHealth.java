package io.saviorrec.server.fakes;

import io.saviorrec.server.health.ModelHealth;
import io.saviorrec.server.health.Readiness;
import java.time.Duration;

/// Health for tests that are not about it.
public final class TestHealth {
  private TestHealth() {}

  /// One that never tries a model.
  public static ModelHealth model() {
    return new ModelHealth(
        new Readiness(), 1, Duration.ofSeconds(1), (delay, task) -> {}, System::nanoTime);
  }
}
