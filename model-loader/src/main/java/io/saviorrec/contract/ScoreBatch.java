package io.saviorrec.contract;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Requests that the ranker scores in one call; the smallest batch is one request.
public record ScoreBatch(List<Request> requests) {

  /// One user and candidates, all by their slots.
  ///
  /// @param userSlot the row of the user's state
  /// @param historySlots clicked items that are known, oldest first; only read where the user's
  ///   state does not hold the history
  /// @param candidateSlots the items to score; not empty
  /// @param pctrBase the base model's click probability of each candidate; NaN where absent
  /// @param shifts what is added to the logit of each candidate
  ///   ([io.saviorrec.bundle.Manifest.Fallback]); null: nothing
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  public record Request(
      int userSlot,
      int[] historySlots,
      int[] candidateSlots,
      float[] pctrBase,
      float @Nullable [] shifts) {

    /// A request whose candidates are all known.
    public Request(int userSlot, int[] historySlots, int[] candidateSlots, float[] pctrBase) {
      this(userSlot, historySlots, candidateSlots, pctrBase, null);
    }

    public Request(
        int userSlot,
        int[] historySlots,
        int[] candidateSlots,
        float[] pctrBase,
        float @Nullable [] shifts) {
      if (candidateSlots.length == 0 || candidateSlots.length != pctrBase.length) {
        throw new IllegalArgumentException(
            "A request must have candidates, each with its pctrBase, had %d and %d"
                .formatted(candidateSlots.length, pctrBase.length));
      }
      if (shifts != null && shifts.length != candidateSlots.length) {
        throw new IllegalArgumentException(
            "A request of %d candidates cannot have %d shifts"
                .formatted(candidateSlots.length, shifts.length));
      }
      this.userSlot = userSlot;
      this.historySlots = historySlots;
      this.candidateSlots = candidateSlots;
      this.pctrBase = pctrBase;
      this.shifts = shifts;
    }

    /// Moves these scores by the shifts of their candidates.
    void shift(float[] scores) {
      if (shifts == null) {
        return;
      }
      for (int i = 0; i < scores.length; i++) {
        if (shifts[i] != 0) {
          scores[i] = shifted(scores[i], shifts[i]);
        }
      }
    }

    /// sigmoid(logit(score) + shift), without the logit, which is infinite at 0 and 1.
    static float shifted(float score, float shift) {
      double odds = score * Math.exp(shift);
      return (float) (odds / (1.0 - score + odds));
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
