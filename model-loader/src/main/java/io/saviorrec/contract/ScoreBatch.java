package io.saviorrec.contract;

import java.util.List;

/// Requests that the ranker scores in one call; the smallest batch is one request.
public record ScoreBatch(List<Request> requests) {

  /// One user and candidates, all by their slots.
  ///
  /// @param userSlot the row of the user's state
  /// @param historySlots clicked items that are known, oldest first; only read where the user's
  ///   state does not hold the history
  /// @param candidateSlots the items to score; not empty
  /// @param pctrBase the base model's click probability of each candidate; NaN where absent
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  public record Request(int userSlot, int[] historySlots, int[] candidateSlots, float[] pctrBase) {

    public Request {
      if (candidateSlots.length == 0 || candidateSlots.length != pctrBase.length) {
        throw new IllegalArgumentException(
            "A request must have candidates, each with its pctrBase, had %d and %d"
                .formatted(candidateSlots.length, pctrBase.length));
      }
    }
  }

  public ScoreBatch {
    requests = List.copyOf(requests);
    if (requests.isEmpty()) {
      throw new IllegalArgumentException("A batch needs at least one request");
    }
  }

  /// A batch of one request.
  public static ScoreBatch of(Request request) {
    return new ScoreBatch(List.of(request));
  }

  int size() {
    return requests.size();
  }

  /// Candidates of all requests.
  int candidates() {
    int candidates = 0;
    for (Request request : requests) {
      candidates += request.candidateSlots.length;
    }
    return candidates;
  }

  /// History items of all requests.
  int historyItems() {
    int items = 0;
    for (Request request : requests) {
      items += request.historySlots.length;
    }
    return items;
  }
}
