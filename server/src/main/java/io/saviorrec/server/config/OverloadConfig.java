package io.saviorrec.server.config;

import io.saviorrec.config.Check;
import java.time.Duration;

/// What is done when more scoring requests come than can be scored. Shares are of the longest wait,
/// by `latencyTarget`, `queueTime` and a request's deadline; 1 switches a step off.
///
/// @param latencyTarget what a request that waits should take at most, from its arrival to its
///   answer
/// @param queueTime a request that would wait longer for a scoring thread is refused, whatever the
///   target
/// @param shortHistoryAfter share of the longest wait from which histories are shortened
/// @param historyShare what is left of a history then, as a share of the model's history length
/// @param baseScoreAfter share of the longest wait from which base scores are given
public record OverloadConfig(
    Duration latencyTarget,
    Duration queueTime,
    double shortHistoryAfter,
    double historyShare,
    double baseScoreAfter) {
  static final OverloadConfig DEFAULT =
      new OverloadConfig(Duration.ofMillis(100), Duration.ofMillis(500), 0.5, 0.25, 0.75);

  public OverloadConfig {
    Check.all(
        check ->
            check
                .range("latencyTarget", latencyTarget, Duration.ofMillis(1), Duration.ofMinutes(10))
                .range("queueTime", queueTime, Duration.ofMillis(1), Duration.ofMinutes(10))
                .that(
                    shortHistoryAfter > 0 && shortHistoryAfter <= 1,
                    "shortHistoryAfter",
                    "be in (0, 1]",
                    shortHistoryAfter)
                .partialShare("historyShare", historyShare)
                .that(
                    baseScoreAfter > 0 && baseScoreAfter <= 1,
                    "baseScoreAfter",
                    "be in (0, 1]",
                    baseScoreAfter));
  }

  /// Whether the step of shorter histories is on.
  public boolean shortensHistories() {
    return shortHistoryAfter < 1;
  }

  /// Whether the step of base scores is on.
  public boolean givesBaseScores() {
    return baseScoreAfter < 1;
  }
}
