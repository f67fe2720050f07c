package io.saviorrec.server.scoring;

import io.saviorrec.bundle.ItemTable;
import java.util.Arrays;

/// The items of a table that callers should ask for most: by their first statistic, which is page
/// views where the trainer's own are in use.
public final class HotItems {
  private HotItems() {}

  /// The ids of the hottest, these first.
  public static long[] of(ItemTable table, int most) {
    // The value above and the row below, so that one sort of numbers orders rows.
    long[] keys = new long[table.size()];
    float[] stats = new float[table.statCount()];
    for (int row = 0; row < keys.length; row++) {
      table.stats(row, stats, 0);
      // Bits of floats that are not negative are in the order of their values.
      int heat = stats.length == 0 ? 0 : Float.floatToIntBits(Math.max(0, stats[0]));
      keys[row] = (long) (Integer.MAX_VALUE - heat) << Integer.SIZE | row;
    }
    Arrays.parallelSort(keys);
    long[] ids = new long[Math.min(most, keys.length)];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = table.itemId((int) keys[i]);
    }
    return ids;
  }
}
