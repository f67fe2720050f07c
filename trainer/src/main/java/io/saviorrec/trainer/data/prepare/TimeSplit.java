package io.saviorrec.trainer.data.prepare;

import io.saviorrec.trainer.cli.UserError;
import io.saviorrec.trainer.data.log.Cuts;
import io.saviorrec.trainer.data.table.DataSetFormat;
import io.saviorrec.trainer.data.table.Database;
import io.saviorrec.trainer.data.table.Description;
import io.saviorrec.trainer.data.table.Sql;
import java.util.Locale;

/// Splits the `impressions` table by time.
public final class TimeSplit {
  private static final double TRAIN_SHARE = 0.7;
  private static final double TRAIN_AND_VALIDATION_SHARE = 0.8;

  private TimeSplit() {}

  /// The cuts, those that are not given taken at 0, 70 and 80 % of the impressions in time order.
  public static Cuts of(Description given, Database database) {
    long warmup = given.warmupUntil() != null ? given.warmupUntil() : timeAt(database, 0);
    long validation =
        given.validationFrom() != null ? given.validationFrom() : timeAt(database, TRAIN_SHARE);
    long test =
        given.testFrom() != null ? given.testFrom() : timeAt(database, TRAIN_AND_VALIDATION_SHARE);
    if (warmup >= validation || validation >= test) {
      throw new UserError(
          String.format(
              Locale.ROOT,
              "%s: cannot split the log by time: warm-up until %d, validation from %d, test from %d do not ascend; give more impressions, or other cuts in %s",
              given.folder(),
              warmup,
              validation,
              test,
              DataSetFormat.DESCRIPTION));
    }
    return new Cuts(warmup, validation, test);
  }

  /// Cuts of the `impressions` table (with its unix seconds in `ts`) at 0, 70 and 80 % of its rows.
  public static Cuts byShare(Database database) {
    long warmup = timeAt(database, 0);
    long validation = timeAt(database, TRAIN_SHARE);
    long test = timeAt(database, TRAIN_AND_VALIDATION_SHARE);
    if (warmup >= validation || validation >= test) {
      throw new UserError(
          String.format(
              Locale.ROOT,
              "cannot split the log by time: its first impression is at %d, 70 %% of them at %d, 80 %% at %d; give more impressions",
              warmup,
              validation,
              test));
    }
    return new Cuts(warmup, validation, test);
  }

  /// The time that this share of the `impressions` table lies before.
  private static long timeAt(Database database, double share) {
    return database.number(
        Sql.format(
            "SELECT ts FROM impressions ORDER BY ts LIMIT 1 OFFSET (SELECT CAST(floor(count(*) * %s) AS BIGINT) FROM impressions)",
            share));
  }
}
