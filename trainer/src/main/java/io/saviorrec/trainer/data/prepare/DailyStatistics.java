package io.saviorrec.trainer.data.prepare;

import io.saviorrec.trainer.data.log.Day;
import io.saviorrec.trainer.data.log.ItemStatistics;
import io.saviorrec.trainer.data.table.Database;
import io.saviorrec.trainer.data.table.Sql;

/// Counts the page views and clicks of each item day by day, in SQL.
public final class DailyStatistics {
  private DailyStatistics() {}

  /// The statistics of the `impressions` table.
  ///
  /// @param items size of the catalogue
  public static ItemStatistics read(Database database, int items) {
    int rows =
        Math.toIntExact(
            database.number(
                Sql.format(
                    "SELECT count(*) FROM (SELECT DISTINCT item, ts // %d FROM impressions)",
                    Day.SECONDS)));
    int samples = Math.toIntExact(database.number("SELECT count(*) FROM impressions"));
    int[] dayStart = new int[items + 1];
    int[] day = new int[rows];
    int[] pvThrough = new int[rows];
    int[] clicksThrough = new int[rows];
    int[] timeStart = new int[items + 1];
    long[] time = new long[samples];
    int[] next = {0};
    database.query(
        Sql.format(
            """
        SELECT item, ts // %d AS day, sum(count(*)) OVER w, sum(count(*) FILTER (clicked)) OVER w
        FROM impressions GROUP BY item, day
        WINDOW w AS (PARTITION BY item ORDER BY day)
        ORDER BY item, day""",
            Day.SECONDS),
        row -> {
          int r = next[0]++;
          dayStart[row.getInt(1) + 1] = r + 1;
          day[r] = row.getInt(2);
          pvThrough[r] = row.getInt(3);
          clicksThrough[r] = row.getInt(4);
        });
    next[0] = 0;
    database.query(
        "SELECT item, ts FROM impressions ORDER BY item, ts",
        row -> {
          timeStart[row.getInt(1) + 1] = next[0] + 1;
          time[next[0]++] = row.getLong(2);
        });
    carryForward(dayStart);
    carryForward(timeStart);
    return new ItemStatistics(dayStart, day, pvThrough, clicksThrough, timeStart, time);
  }

  /// Gives items without rows an empty range.
  private static void carryForward(int[] start) {
    for (int i = 1; i < start.length; i++) {
      start[i] = Math.max(start[i], start[i - 1]);
    }
  }
}
