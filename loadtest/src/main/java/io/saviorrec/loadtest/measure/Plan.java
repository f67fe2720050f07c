package io.saviorrec.loadtest.measure;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// One load as it is meant to be.
///
/// @param warmUp comes before `length` at the same rate and is not measured
/// @param seed of its arrivals
/// @param firstRequest which of the requests comes first
/// @param giveUp ends the load early when this can no longer be met; null: nothing does
public record Plan(
    double perSecond,
    Duration warmUp,
    Duration length,
    long seed,
    long firstRequest,
    @Nullable Slo giveUp) {
  /// Arrival times are held in memory.
  private static final double MOST_REQUESTS = 50e6;

  public Plan {
    if (perSecond * warmUp.plus(length).toNanos() / 1e9 > MOST_REQUESTS) {
      throw new LoadException(
          "%s requests a second for %d s are more than this program sends in one load (%.0f)"
              .formatted(Slo.plain(perSecond), warmUp.plus(length).toSeconds(), MOST_REQUESTS));
    }
  }
}
