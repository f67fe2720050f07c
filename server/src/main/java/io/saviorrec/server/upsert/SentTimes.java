package io.saviorrec.server.upsert;

import java.time.Duration;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/// What the time of a change may be.
final class SentTimes {
  /// Clocks differ; seconds or microseconds in place of milliseconds differ by more.
  private static final Duration AHEAD = Duration.ofHours(1);

  private SentTimes() {}

  /// What is wrong with one; null: nothing. A time far ahead would outdo all changes until then.
  static @Nullable String error(long timeMillis, InstantSource clock) {
    if (timeMillis < 0) {
      return "time_ms must not be negative, was " + timeMillis;
    }
    long now = clock.millis();
    return timeMillis > now + AHEAD.toMillis()
        ? "time_ms " + timeMillis + " is in the future; it is " + now + " milliseconds since 1970"
        : null;
  }
}
