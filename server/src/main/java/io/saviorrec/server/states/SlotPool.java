package io.saviorrec.server.states;

/// The free slots of an item state table, as a stack so that a busy table stays in cache.
final class SlotPool {
  private final int[] free;
  private int count;

  /// @param first the first slot to hand out
  /// @param end one past the last
  SlotPool(int first, int end) {
    free = new int[end - first];
    for (int slot = end - 1; slot >= first; slot--) {
      free[count++] = slot;
    }
  }

  /// A free slot, or -1.
  synchronized int take() {
    return count == 0 ? -1 : free[--count];
  }

  synchronized void give(int slot) {
    free[count++] = slot;
  }

  synchronized int available() {
    return count;
  }
}
