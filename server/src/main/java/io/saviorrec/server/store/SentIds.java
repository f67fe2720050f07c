package io.saviorrec.server.store;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/// The ids of all items that a store has, in memory: most items that are asked for were never sent,
/// and this says so without asking the store.
///
/// It takes 16 to 32 bytes for each id. Nothing is ever taken out of it, as the store keeps the ids
/// of deleted items too.
///
/// Concurrency: one adds at a time, anybody reads.
final class SentIds {
  private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int SMALLEST = 1024;
  private static final int PAGE = 10_000;
  private static final int[] NONE = {};

  // 2^64 by the golden ratio.
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  /// Ids by their hash, the next free place after it; no item has the id 0, which is a free place.
  private volatile long[] table = new long[SMALLEST];

  private int count;

  /// The ids of what the store has now, deleted or not.
  void addAll(ItemStore store) {
    long version = 0;
    for (ItemStore.Changes changes = store.changesSince(version, PAGE);
        !changes.itemIds().isEmpty();
        changes = store.changesSince(version, PAGE)) {
      changes.itemIds().forEach(this::add);
      version = changes.version();
    }
  }

  synchronized void add(long itemId) {
    if (contains(table, itemId)) {
      return;
    }
    if (2 * (count + 1) > table.length) {
      long[] larger = new long[2 * table.length];
      for (long each : table) {
        if (each != 0) {
          put(larger, each);
        }
      }
      table = larger;
    }
    put(table, itemId);
    count++;
  }

  private static void put(long[] table, long itemId) {
    int at = home(table, itemId);
    while (table[at] != 0) {
      at = (at + 1) & (table.length - 1);
    }
    LONGS.setVolatile(table, at, itemId);
  }

  /// The places of those of the items that are there, ascending.
  int[] places(long[] itemIds) {
    long[] now = table;
    int[] places = NONE;
    int found = 0;
    for (int i = 0; i < itemIds.length; i++) {
      if (contains(now, itemIds[i])) {
        if (found == places.length) {
          places = Arrays.copyOf(places, Math.max(16, 2 * found));
        }
        places[found++] = i;
      }
    }
    return found == places.length ? places : Arrays.copyOf(places, found);
  }

  private static boolean contains(long[] table, long itemId) {
    int at = home(table, itemId);
    long there = (long) LONGS.getVolatile(table, at);
    while (there != 0 && there != itemId) {
      at = (at + 1) & (table.length - 1);
      there = (long) LONGS.getVolatile(table, at);
    }
    return there != 0;
  }

  private static int home(long[] table, long itemId) {
    long mixed = (itemId ^ (itemId >>> 32)) * GOLDEN;
    return (int) (mixed >>> 32) & (table.length - 1);
  }
}
