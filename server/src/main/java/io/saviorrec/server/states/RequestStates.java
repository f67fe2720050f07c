package io.saviorrec.server.states;

import io.saviorrec.contract.ScoreBatch;
import io.saviorrec.proto.v1.ScoreSource;

/// Where the states lie that one scoring request needs, while a [StatesLease] names them.
public final class RequestStates {
  private final int userSlot;
  private final int[] historySlots;
  private final int[] candidateSlots;
  private final int unknownHistoryItems;
  private final ItemStates items;

  RequestStates(
      int userSlot,
      int[] historySlots,
      int[] candidateSlots,
      int unknownHistoryItems,
      ItemStates items) {
    this.userSlot = userSlot;
    this.historySlots = historySlots;
    this.candidateSlots = candidateSlots;
    this.unknownHistoryItems = unknownHistoryItems;
    this.items = items;
  }

  /// The row of the user's state.
  public int userSlot() {
    return userSlot;
  }

  /// The slots of the known history items, oldest first; none where the user's state holds the
  /// history.
  public int[] historySlots() {
    return historySlots;
  }

  /// One slot for each candidate; one of which nothing is known has slot 0.
  public int[] candidateSlots() {
    return candidateSlots;
  }

  public ScoreSource candidateSource(int candidate) {
    return items.source(candidateSlots[candidate]);
  }

  /// Clicks of the history that are no known items.
  public int unknownHistoryItems() {
    return unknownHistoryItems;
  }

  /// The request as the engine takes it.
  public ScoreBatch.Request withPctrBase(float[] pctrBase) {
    float[] shifts = items.shifts(candidateSlots, pctrBase);
    return shifts == null
        ? new ScoreBatch.Request(userSlot, historySlots, candidateSlots, pctrBase)
        : new ScoreBatch.Request(userSlot, historySlots, candidateSlots, pctrBase, shifts);
  }
}
