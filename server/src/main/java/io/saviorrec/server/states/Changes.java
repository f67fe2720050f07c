package io.saviorrec.server.states;

import java.util.concurrent.atomic.AtomicLongArray;

/// When items last changed, in a count of all changes. Items share places by their hash, so an item
/// may seem to have changed when another did, and never the other way round.
final class Changes {
  private final AtomicLongArray last;
  private volatile long count;

  /// @param places a power of two
  Changes(int places) {
    this.last = new AtomicLongArray(places);
  }

  /// What the count is now. Whoever sees it sees every change up to it.
  long now() {
    return count;
  }

  synchronized void changed(long itemId) {
    long next = count + 1;
    last.set(place(itemId), next);
    count = next;
  }

  /// Whether the item changed after the count was this.
  boolean changedSince(long itemId, long time) {
    return last.get(place(itemId)) > time;
  }

  /// Whether any of the items did.
  boolean anySince(long[] itemIds, long time) {
    if (count == time) {
      return false;
    }
    for (long itemId : itemIds) {
      if (changedSince(itemId, time)) {
        return true;
      }
    }
    return false;
  }

  private int place(long itemId) {
    return Hash.of(itemId) & (last.length() - 1);
  }
}
