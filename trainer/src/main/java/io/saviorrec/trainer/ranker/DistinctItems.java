package io.saviorrec.trainer.ranker;

import java.util.Arrays;

/// Numbers for pairs of an item and a day, from 0 on in the order in which they first come.
final class DistinctItems {
  private static final int FREE = -1;

  /// Slots of an open hash table: the number of the pair that lies there.
  private final int[] slots;

  private final int[] items;
  private final int[] days;
  private int size;

  /// @param most pairs that may come, each counted as often as it does
  DistinctItems(int most) {
    this.slots = new int[Integer.highestOneBit(Math.max(1, most)) << 2];
    Arrays.fill(slots, FREE);
    this.items = new int[most];
    this.days = new int[most];
  }

  int number(int item, int day) {
    int mask = slots.length - 1;
    int hash = (item * 31 + day) * 0x9E3779B9;
    int slot = (hash ^ (hash >>> 16)) & mask;
    while (true) {
      int number = slots[slot];
      if (number == FREE) {
        items[size] = item;
        days[size] = day;
        slots[slot] = size;
        return size++;
      }
      if (items[number] == item && days[number] == day) {
        return number;
      }
      slot = (slot + 1) & mask;
    }
  }

  int size() {
    return size;
  }

  int item(int number) {
    return items[number];
  }

  int day(int number) {
    return days[number];
  }
}
