package io.saviorrec.trainer.data;

import io.saviorrec.feature.FeatureSchema;
import java.util.Arrays;

/// What was known of each item at the start of each UTC day, from strictly earlier days only.
public final class ItemStatistics {
  /// Values that [#at] writes: those of [FeatureSchema#ITEM_STATS].
  public static final int WIDTH = FeatureSchema.ITEM_STATS.size();

  /// Where [#at] writes each of them.
  public static final int PV = FeatureSchema.ITEM_STATS.indexOf(FeatureSchema.PV);

  public static final int CLICKS = FeatureSchema.ITEM_STATS.indexOf(FeatureSchema.CLICKS);
  public static final int AGE_DAYS = FeatureSchema.ITEM_STATS.indexOf(FeatureSchema.AGE_DAYS);

  /// Day totals of item `i` at `dayStart[i]` to `dayStart[i + 1]`, accumulated over its days.
  private final int[] dayStart;

  private final int[] day;
  private final int[] pvThrough;
  private final int[] clicksThrough;

  /// Impression times of item `i`, ascending, at `timeStart[i]` to `timeStart[i + 1]`.
  private final int[] timeStart;

  private final long[] time;

  private ItemStatistics(Database database, int items) {
    int rows =
        Math.toIntExact(
            database.number(
                "SELECT count(*) FROM (SELECT DISTINCT item, ts // 86400 FROM impressions)"));
    int samples = Math.toIntExact(database.number("SELECT count(*) FROM impressions"));
    dayStart = new int[items + 1];
    day = new int[rows];
    pvThrough = new int[rows];
    clicksThrough = new int[rows];
    timeStart = new int[items + 1];
    time = new long[samples];
    int[] next = {0};
    database.query(
        """
        SELECT item, ts // 86400 AS day, sum(count(*)) OVER w, sum(count(*) FILTER (clicked)) OVER w
        FROM impressions GROUP BY item, day
        WINDOW w AS (PARTITION BY item ORDER BY day)
        ORDER BY item, day""",
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
  }

  static ItemStatistics read(Database database, int items) {
    return new ItemStatistics(database, items);
  }

  /// Gives items without rows an empty range.
  private static void carryForward(int[] start) {
    for (int i = 1; i < start.length; i++) {
      start[i] = Math.max(start[i], start[i - 1]);
    }
  }

  /// Writes page views, clicks and age in days (since the first impression) as of the start of the
  /// day, all raw; zeros for an item that was not shown before.
  ///
  /// @param unixDay days since 1970-01-01 UTC
  public void at(int item, int unixDay, float[] out, int offset) {
    int found = Arrays.binarySearch(day, dayStart[item], dayStart[item + 1], unixDay);
    int last = (found < 0 ? -found - 1 : found) - 1;
    if (last < dayStart[item]) {
      Arrays.fill(out, offset, offset + WIDTH, 0);
      return;
    }
    long sinceFirst = unixDay * ImpressionReader.DAY - time[timeStart[item]];
    out[offset + PV] = pvThrough[last];
    out[offset + CLICKS] = clicksThrough[last];
    out[offset + AGE_DAYS] = (float) sinceFirst / ImpressionReader.DAY;
  }

  /// Impressions of the item strictly before the given second.
  public long pvBefore(int item, long unixSeconds) {
    int low = timeStart[item];
    int high = timeStart[item + 1];
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (time[middle] < unixSeconds) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return (long) low - timeStart[item];
  }

  /// Unix seconds of the item's first impression, `Long.MAX_VALUE` if it has none.
  long firstImpression(int item) {
    return timeStart[item] == timeStart[item + 1] ? Long.MAX_VALUE : time[timeStart[item]];
  }
}
