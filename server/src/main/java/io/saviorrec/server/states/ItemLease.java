package io.saviorrec.server.states;

import io.saviorrec.contract.RankerContract;
import io.saviorrec.proto.v1.ScoreSource;
import java.util.Arrays;

/// The slots of one scoring request's items: its candidates, then its history.
public final class ItemLease implements AutoCloseable {
  private final Lease<Long> lease;
  private final ItemStates states;
  private final int candidates;

  ItemLease(Lease<Long> lease, ItemStates states, int candidates) {
    this.lease = lease;
    this.states = states;
    this.candidates = candidates;
  }

  /// One slot for each candidate; an unknown one has slot 0.
  public int[] candidateSlots() {
    int[] slots = new int[candidates];
    for (int i = 0; i < candidates; i++) {
      slots[i] = lease.slot(i);
    }
    return slots;
  }

  public ScoreSource candidateSource(int candidate) {
    return states.source(lease.slot(candidate));
  }

  /// The slots of the known history items, oldest first.
  public int[] historySlots() {
    int[] slots = new int[lease.size() - candidates];
    int known = 0;
    for (int i = candidates; i < lease.size(); i++) {
      int slot = lease.slot(i);
      if (slot != RankerContract.UNKNOWN_SLOT) {
        slots[known++] = slot;
      }
    }
    return Arrays.copyOf(slots, known);
  }

  public int unknownHistoryItems() {
    int unknown = 0;
    for (int i = candidates; i < lease.size(); i++) {
      if (lease.slot(i) == RankerContract.UNKNOWN_SLOT) {
        unknown++;
      }
    }
    return unknown;
  }

  @Override
  public void close() {
    lease.close();
  }
}
