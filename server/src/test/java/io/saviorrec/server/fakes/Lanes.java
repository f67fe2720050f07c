package io.saviorrec.server.fakes;

import io.saviorrec.server.admission.Admission;
import io.saviorrec.server.admission.Overload;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.config.TestConfigs;
import java.util.Map;
import java.util.function.Consumer;

/// Lanes of scoring for tests.
public final class Lanes {
  /// For lanes on which nothing fatal should happen; the work fails with the error all the same.
  public static final Consumer<Throwable> UNEXPECTED =
      error -> {
        throw new AssertionError("a fatal error", error);
      };

  private Lanes() {}

  /// A lane and what decides who comes into it.
  public record Scoring(Admission admission, Overload overload, Lane lane) {}

  public static Scoring scoring(int threads, int queueCapacity) {
    ServerConfig config = TestConfigs.small(Map.of());
    Admission admission =
        new Admission("scoring", threads, queueCapacity, config.overload().queueTime());
    return new Scoring(
        admission,
        new Overload(admission, config.overload()),
        new Lane("scoring", admission, System::nanoTime, UNEXPECTED));
  }
}
