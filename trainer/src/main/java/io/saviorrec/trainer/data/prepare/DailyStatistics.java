package io.saviorrec.trainer.data.prepare;

import io.saviorrec.trainer.data.log.Day;
import io.saviorrec.trainer.data.log.ItemStatistics;
import io.saviorrec.trainer.data.table.Database;
import io.saviorrec.trainer.data.table.Sql;
import java.util.Arrays;

/// Counts the page views and clicks of each item day by day, in SQL.
public final class DailyStatistics {
  private DailyStatistics() {}

  /// The statistics of the `impressions` table.
  ///
  /// @param items size of the catalogue
  public static ItemStatistics read(Database database, int items) {
    database.execute(
        Sql.format(
            """
        CREATE OR REPLACE TABLE item_days AS
        SELECT item, ts // %d AS day, count(*) AS pv, count(*) FILTER (clicked) AS clicks
        FROM impressions GROUP BY item, day""",
            Day.SECONDS));
    int rows = Math.toIntExact(database.number("SELECT count(*) FROM item_days"));
    int[] dayStart = new int[items + 1];
    int[] day = new int[rows];
    int[] pvThrough = new int[rows];
    int[] clicksThrough = new int[rows];
    int[] next = {0};
    database.query(
        "SELECT item, day, pv, clicks FROM item_days ORDER BY item, day",
        row -> {
          int r = next[0]++;
          int item = row.getInt(1);
          boolean first = dayStart[item + 1] == 0;
          dayStart[item + 1] = r + 1;
          day[r] = row.getInt(2);
          pvThrough[r] = row.getInt(3) + (first ? 0 : pvThrough[r - 1]);
          clicksThrough[r] = row.getInt(4) + (first ? 0 : clicksThrough[r - 1]);
        });
    database.execute("DROP TABLE item_days");
    // Items without rows get an empty range.
    for (int i = 1; i <= items; i++) {
      dayStart[i] = Math.max(dayStart[i], dayStart[i - 1]);
    }
    return new ItemStatistics(
        dayStart, day, pvThrough, clicksThrough, firstImpressions(database, items));
  }

  private static long[] firstImpressions(Database database, int items) {
    long[] first = new long[items];
    Arrays.fill(first, Long.MAX_VALUE);
    database.query(
        "SELECT item, min(ts) FROM impressions GROUP BY item",
        row -> first[row.getInt(1)] = row.getLong(2));
    return first;
  }

  /// Impressions of each item strictly before the given second.
  ///
  /// @param items size of the catalogue
  public static long[] pageViewsBefore(Database database, int items, long unixSeconds) {
    long[] shown = new long[items];
    database.query(
        Sql.format(
            "SELECT item, count(*) FROM impressions WHERE ts < %d GROUP BY item", unixSeconds),
        row -> shown[row.getInt(1)] = row.getLong(2));
    return shown;
  }
}
