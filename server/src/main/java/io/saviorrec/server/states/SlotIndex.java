package io.saviorrec.server.states;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/// A hash table that finds slots by their keys: chains of slot numbers in arrays.
///
/// Concurrency: changed under the table's lock, read without one between [Leases#beginReading] and
/// [Lease#endReading]. A slot that is taken out keeps its successor, so that who stands there goes
/// on, and is linked again only when no look-up can stand there any more.
final class SlotIndex<B> {
  /// Ends a chain; the slot of that number is never linked.
  private static final int END = 0;

  private static final VarHandle INTS = MethodHandles.arrayElementVarHandle(int[].class);

  private final StateSource<B> keys;
  private final int[] heads;
  private final int[] successors;

  /// An empty index.
  ///
  /// @param slotCount one more than the largest slot
  SlotIndex(StateSource<B> keys, int slotCount) {
    this.keys = keys;
    // At least twice as many chains as slots, so that most chains have one.
    this.heads = new int[Integer.highestOneBit(slotCount) << 2];
    this.successors = new int[slotCount];
  }

  /// The slot of a key, or 0.
  int find(B batch, int place, int hash) {
    int slot = (int) INTS.getAcquire(heads, chain(hash));
    while (slot != END && !keys.holds(slot, batch, place)) {
      slot = (int) INTS.getAcquire(successors, slot);
    }
    return slot;
  }

  void link(int slot, int hash) {
    int chain = chain(hash);
    INTS.setRelease(successors, slot, heads[chain]);
    INTS.setRelease(heads, chain, slot);
  }

  void unlink(int slot, int hash) {
    int chain = chain(hash);
    if (heads[chain] == slot) {
      INTS.setRelease(heads, chain, successors[slot]);
      return;
    }
    int before = heads[chain];
    while (successors[before] != slot) {
      before = successors[before];
    }
    INTS.setRelease(successors, before, successors[slot]);
  }

  private int chain(int hash) {
    return hash & (heads.length - 1);
  }
}
