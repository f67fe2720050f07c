package io.saviorrec.server.states;

import java.util.BitSet;

/// The slots of a table that hold no key's state: those that are free, as a stack so that a busy
/// table stays in the processor's cache, and those that are retired, which calls may still name.
///
/// Concurrency: under the table's lock.
final class SlotPool {
  static final int NONE = -1;

  private final Leases leases;
  private final int[] free;
  private int freeCount;
  private final int[] retired;
  private final long[] retiredIn;
  private int retiredCount;
  private final BitSet named;

  /// @param first the first slot to hand out
  /// @param end one past the last
  SlotPool(Leases leases, int first, int end) {
    this.leases = leases;
    this.free = new int[end - first];
    this.retired = new int[end - first];
    this.retiredIn = new long[end - first];
    this.named = new BitSet(end);
    for (int slot = end - 1; slot >= first; slot--) {
      free[freeCount++] = slot;
    }
  }

  /// A slot that nobody names, or [#NONE].
  int take() {
    if (freeCount == 0) {
      reclaim();
    }
    return freeCount == 0 ? NONE : free[--freeCount];
  }

  /// Takes a slot back that was just taken out of the index.
  void retire(int slot) {
    retired[retiredCount] = slot;
    retiredIn[retiredCount++] = leases.endEpoch();
  }

  private void reclaim() {
    if (retiredCount == 0) {
      return;
    }
    named.clear();
    long oldest = leases.named(named);
    int kept = 0;
    for (int i = 0; i < retiredCount; i++) {
      if (retiredIn[i] < oldest && !named.get(retired[i])) {
        free[freeCount++] = retired[i];
      } else {
        retired[kept] = retired[i];
        retiredIn[kept++] = retiredIn[i];
      }
    }
    retiredCount = kept;
  }

  /// Slots that could be taken now.
  int available() {
    reclaim();
    return freeCount;
  }
}
