package io.saviorrec.trainer.data.log;

import java.time.Instant;
import java.util.Locale;

/// Where the log is split by time, in unix seconds.
///
/// Impressions before `warmupUntil` only fill histories and statistics; those in `[warmupUntil,
/// validationFrom)` are trained on, those in `[validationFrom, testFrom)` validate, and the rest
/// are the test.
public record Cuts(long warmupUntil, long validationFrom, long testFrom) {
  public Cuts {
    if (warmupUntil >= validationFrom || validationFrom >= testFrom) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "cuts must ascend, were warmup_until %d, validation_from %d, test_from %d",
              warmupUntil,
              validationFrom,
              testFrom));
    }
  }

  /// The second where the training period's later half begins. Where a log begins all items are
  /// new.
  public long trainingHalfway() {
    return (warmupUntil + validationFrom) / 2;
  }

  /// A time as errors show it: the second as files have it, and what a person reads.
  public static String time(long unixSeconds) {
    return unixSeconds + " (" + Instant.ofEpochSecond(unixSeconds) + ")";
  }
}
