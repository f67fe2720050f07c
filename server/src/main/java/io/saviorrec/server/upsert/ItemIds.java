package io.saviorrec.server.upsert;

import io.saviorrec.contract.RankerContract;
import org.jspecify.annotations.Nullable;

/// Which ids an item can have.
final class ItemIds {
  private ItemIds() {}

  /// What is wrong with one; null: nothing.
  static @Nullable String error(long itemId) {
    if (itemId == 0) {
      return "item_id is missing";
    }
    return itemId == RankerContract.UNKNOWN_ITEM ? "item_id " + itemId + " is reserved" : null;
  }
}
