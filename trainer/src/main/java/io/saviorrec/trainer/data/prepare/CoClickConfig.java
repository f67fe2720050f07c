package io.saviorrec.trainer.data.prepare;

import io.saviorrec.trainer.data.log.Day;
import java.util.Locale;

/// What counts as a co-click, and how many pairs to keep.
///
/// @param windowSeconds the longest time between a user's first clicks of the two items
/// @param minUsers the fewest users who made the pair
/// @param maxUserItems the latest items of a user that count; pairs grow with its square
/// @param topPerItem partners kept for an item
/// @param priorUsers users added to the expected number, so that pairs that hardly anybody could
///   make do not come first
public record CoClickConfig(
    long windowSeconds, int minUsers, int maxUserItems, int topPerItem, double priorUsers) {
  public CoClickConfig {
    atLeast("windowSeconds", 1, windowSeconds);
    // What one user clicks says nothing about items.
    atLeast("minUsers", 2, minUsers);
    atLeast("maxUserItems", 2, maxUserItems);
    atLeast("topPerItem", 1, topPerItem);
    if (!(priorUsers > 0) || Double.isInfinite(priorUsers)) {
      throw new IllegalArgumentException("priorUsers must be positive but was " + priorUsers);
    }
  }

  /// 30 days, 3 users, 300 items a user, 10 partners, 5 users expected beforehand.
  public static CoClickConfig defaults() {
    return new CoClickConfig(30 * Day.SECONDS, 3, 300, 10, 5);
  }

  public CoClickConfig withMinUsers(int users) {
    return new CoClickConfig(windowSeconds, users, maxUserItems, topPerItem, priorUsers);
  }

  private static void atLeast(String name, long min, long value) {
    if (value < min) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "%s must be at least %d but was %d", name, min, value));
    }
  }
}
