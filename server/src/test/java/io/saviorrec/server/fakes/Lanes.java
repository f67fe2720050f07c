package io.saviorrec.server.fakes;

import io.saviorrec.server.admission.Admission;
import io.saviorrec.server.admission.Overload;
import io.saviorrec.server.admission.QueueBounds;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.config.TestConfigs;
import java.util.Map;

/// Lanes of scoring for tests.
public final class Lanes {
  private Lanes() {}

  /// A lane and what decides who comes into it.
  public record Scoring(Admission admission, Overload overload, Lane lane) {}

  public static Scoring scoring(int threads, int queueCapacity) {
    ServerConfig config = TestConfigs.small(Map.of());
    Admission admission =
        new Admission(
            "scoring",
            threads,
            queueCapacity,
            QueueBounds.waiting(config.overload().queueTime()),
            System::nanoTime);
    return new Scoring(
        admission,
        new Overload(admission, config.overload()),
        new Lane("scoring", admission, System::nanoTime));
  }
}
