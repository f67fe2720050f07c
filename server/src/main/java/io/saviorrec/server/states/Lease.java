package io.saviorrec.server.states;

import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.server.engine.ModelEngine;
import java.util.Arrays;
import java.util.List;

/// The slots that one request names; none of them is given to another item before [#close].
public final class Lease implements AutoCloseable {
  private final ItemStates states;
  private final Slot[] entries;
  private final int candidates;

  /// @param entries the candidates', then the history's
  Lease(ItemStates states, Slot[] entries, int candidates) {
    this.states = states;
    this.entries = entries;
    this.candidates = candidates;
  }

  /// One slot for each candidate; an unknown one has slot 0.
  public int[] candidateSlots() {
    int[] slots = new int[candidates];
    for (int i = 0; i < candidates; i++) {
      slots[i] = entries[i].slot;
    }
    return slots;
  }

  public ScoreSource candidateSource(int candidate) {
    return entries[candidate].source;
  }

  /// The slots of the known history items, oldest first.
  public int[] historySlots() {
    int[] slots = new int[entries.length - candidates];
    int known = 0;
    for (Slot entry : history()) {
      if (entry.slot != ModelEngine.UNKNOWN_SLOT) {
        slots[known++] = entry.slot;
      }
    }
    return Arrays.copyOf(slots, known);
  }

  public int unknownHistoryItems() {
    int unknown = 0;
    for (Slot entry : history()) {
      if (entry.slot == ModelEngine.UNKNOWN_SLOT) {
        unknown++;
      }
    }
    return unknown;
  }

  private List<Slot> history() {
    return Arrays.asList(entries).subList(candidates, entries.length);
  }

  @Override
  public void close() {
    states.release(entries, entries.length);
  }
}
