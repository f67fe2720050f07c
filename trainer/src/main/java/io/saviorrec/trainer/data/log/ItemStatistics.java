package io.saviorrec.trainer.data.log;

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

  private final long[] firstImpression;

  /// @param dayStart where each item's days start, and the end
  /// @param day UTC days on which the item was shown, ascending
  /// @param pvThrough page views up to and with the day
  /// @param clicksThrough clicks up to and with the day
  /// @param firstImpression unix seconds, `Long.MAX_VALUE` for an item that was never shown
  public ItemStatistics(
      int[] dayStart, int[] day, int[] pvThrough, int[] clicksThrough, long[] firstImpression) {
    this.dayStart = dayStart;
    this.day = day;
    this.pvThrough = pvThrough;
    this.clicksThrough = clicksThrough;
    this.firstImpression = firstImpression;
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
    long sinceFirst = unixDay * Day.SECONDS - firstImpression[item];
    out[offset + PV] = pvThrough[last];
    out[offset + CLICKS] = clicksThrough[last];
    out[offset + AGE_DAYS] = (float) sinceFirst / Day.SECONDS;
  }

  /// Page views of the item on the day on which it was first shown, those of which [#at] knows
  /// nothing; 0 for an item that was never shown.
  public int firstDayViews(int item) {
    return dayStart[item] == dayStart[item + 1] ? 0 : pvThrough[dayStart[item]];
  }

  /// Unix seconds of the item's first impression, `Long.MAX_VALUE` if it has none.
  public long firstImpression(int item) {
    return firstImpression[item];
  }
}
