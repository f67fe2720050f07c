package io.saviorrec.trainer.data.prepare;

import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.log.Cuts;
import io.saviorrec.trainer.data.table.DataSetFormat;
import io.saviorrec.trainer.data.table.Database;
import io.saviorrec.trainer.data.table.Description;
import io.saviorrec.trainer.data.table.IdKind;
import io.saviorrec.trainer.data.table.Sql;
import java.nio.file.Path;

/// Splits the `impressions` table by time.
public final class TimeSplit {
  private static final double TRAIN_SHARE = 0.7;
  private static final double TRAIN_AND_VALIDATION_SHARE = 0.8;

  private TimeSplit() {}

  /// The cuts, those that are not given taken at 0, 70 and 80 % of the impressions in time order.
  ///
  /// @throws UserError if they do not ascend
  public static Cuts of(Description given, Database database) {
    long first = timeAt(database, 0);
    long warmup = given.warmupUntil() != null ? given.warmupUntil() : first;
    long validation =
        given.validationFrom() != null ? given.validationFrom() : timeAt(database, TRAIN_SHARE);
    long test =
        given.testFrom() != null ? given.testFrom() : timeAt(database, TRAIN_AND_VALIDATION_SHARE);
    if (warmup >= validation || validation >= test) {
      throw new UserError(
          given.folder()
              + ": cannot split the log by time: warm-up until "
              + Cuts.time(warmup)
              + ", validation from "
              + Cuts.time(validation)
              + ", test from "
              + Cuts.time(test)
              + " do not ascend, and the log runs from "
              + Cuts.time(first)
              + " to "
              + Cuts.time(database.number("SELECT max(ts) FROM impressions"))
              + "; give more impressions, or other cuts in "
              + DataSetFormat.DESCRIPTION);
    }
    return new Cuts(warmup, validation, test);
  }

  /// Cuts at 0, 70 and 80 % of the impressions.
  ///
  /// @param folder what an error is about
  public static Cuts byShare(Path folder, Database database) {
    return of(new Description(folder, "", null, null, null, IdKind.NUMBER), database);
  }

  /// The time that this share of the impressions lies before.
  private static long timeAt(Database database, double share) {
    return database.number(
        Sql.format(
            "SELECT ts FROM impressions ORDER BY ts LIMIT 1 OFFSET (SELECT CAST(floor(count(*) * %s) AS BIGINT) FROM impressions)",
            share));
  }
}
