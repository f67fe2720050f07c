package io.saviorrec.contract;

import java.util.List;

/// Requests that the ranker scores in one call; the smallest batch is one request.
public record ScoreBatch(List<Request> requests) {

  /// One user and candidates, items by their slots.
  ///
  /// @param userId the user's raw id
  /// @param profile rows of the profile columns, `[P]`
  /// @param context rows of the context columns, `[X]`
  /// @param historySlots clicked items, oldest first; may be empty
  /// @param candidateSlots the items to score; not empty
  /// @param pctrBase the base model's click probability of each candidate; NaN where absent
  public record Request(
      long userId,
      long[] profile,
      long[] context,
      int[] historySlots,
      int[] candidateSlots,
      float[] pctrBase) {

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

  int longestHistory() {
    int longest = 0;
    for (Request request : requests) {
      longest = Math.max(longest, request.historySlots.length);
    }
    return longest;
  }

  int mostCandidates() {
    int most = 0;
    for (Request request : requests) {
      most = Math.max(most, request.candidateSlots.length);
    }
    return most;
  }
}
