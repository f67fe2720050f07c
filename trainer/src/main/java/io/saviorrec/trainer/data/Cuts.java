package io.saviorrec.trainer.data;

import io.saviorrec.trainer.console.UserError;

/// Where the log is split by time, in unix seconds.
///
/// Impressions before `warmupUntil` only fill histories and statistics; those in `[warmupUntil,
/// validationFrom)` are trained on, those in `[validationFrom, testFrom)` validate, and the rest
/// are the test.
public record Cuts(long warmupUntil, long validationFrom, long testFrom) {
  static final double TRAIN_SHARE = 0.7;
  static final double TRAIN_AND_VALIDATION_SHARE = 0.8;

  public Cuts {
    if (warmupUntil >= validationFrom || validationFrom >= testFrom) {
      throw new IllegalArgumentException(
          "cuts must ascend but were warmup_until %d, validation_from %d, test_from %d"
              .formatted(warmupUntil, validationFrom, testFrom));
    }
  }

  /// Cuts of the `impressions` table (with its unix seconds in `ts`) at 0, 70 and 80 % of its rows.
  public static Cuts byShare(Database database) {
    long warmup = timeAt(database, 0);
    long validation = timeAt(database, TRAIN_SHARE);
    long test = timeAt(database, TRAIN_AND_VALIDATION_SHARE);
    if (warmup >= validation || validation >= test) {
      throw new UserError(
          "cannot split the log by time: its first impression is at %d, 70 %% of them at %d, 80 %% at %d; give more impressions"
              .formatted(warmup, validation, test));
    }
    return new Cuts(warmup, validation, test);
  }

  /// The time that this share of the `impressions` table lies before.
  static long timeAt(Database database, double share) {
    return database.number(
        "SELECT ts FROM impressions ORDER BY ts LIMIT 1 OFFSET (SELECT CAST(floor(count(*) * %s) AS BIGINT) FROM impressions)"
            .formatted(share));
  }
}
