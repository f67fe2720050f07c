package io.saviorrec.trainer.data.prepare;

import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.log.Cuts;
import io.saviorrec.trainer.data.table.DataSetFormat;
import io.saviorrec.trainer.data.table.Database;
import io.saviorrec.trainer.data.table.Description;
import io.saviorrec.trainer.data.table.IdKind;
import java.nio.file.Path;

/// Splits the `impressions` table by time.
public final class TimeSplit {
  private static final int TRAIN_PERCENT = 70;
  private static final int TRAIN_AND_VALIDATION_PERCENT = 80;

  private TimeSplit() {}

  /// The cuts, those that are not given taken at 0, 70 and 80 % of the impressions in time order.
  ///
  /// @throws UserError if they do not ascend
  public static Cuts of(Description given, Database database) {
    long first = database.number("SELECT min(ts) FROM impressions");
    long warmup = given.warmupUntil() != null ? given.warmupUntil() : first;
    boolean isGiven = given.validationFrom() != null && given.testFrom() != null;
    long[] shares =
        isGiven ? new long[2] : timesAt(database, TRAIN_PERCENT, TRAIN_AND_VALIDATION_PERCENT);
    long validation = given.validationFrom() != null ? given.validationFrom() : shares[0];
    long test = given.testFrom() != null ? given.testFrom() : shares[1];
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
    return of(new Description(folder, "", null, null, null, IdKind.NUMBER, null), database);
  }

  /// The times that so many percent of the impressions lie before, ascending. They are counted up
  /// second by second: a sort of the whole log for two of its rows would not stay in memory.
  private static long[] timesAt(Database database, int... percents) {
    long all = database.number("SELECT count(*) FROM impressions");
    long[] times = new long[percents.length];
    long[] before = {0};
    database.query(
        "SELECT ts, count(*) FROM impressions GROUP BY ts ORDER BY ts",
        row -> {
          long until = before[0] + row.getLong(2);
          for (int i = 0; i < percents.length; i++) {
            long wanted = all * percents[i] / 100;
            if (before[0] <= wanted && wanted < until) {
              times[i] = row.getLong(1);
            }
          }
          before[0] = until;
        });
    return times;
  }
}
