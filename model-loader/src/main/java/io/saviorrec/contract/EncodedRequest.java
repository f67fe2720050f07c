package io.saviorrec.contract;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A scoring request as arrays, items still by their ids.
///
/// @param userId the user's raw id; the model knows which ids it was trained on
/// @param profile rows of the profile columns, `[P]`
/// @param context rows of the context columns, `[X]`
/// @param history clicked items, oldest first, at most the model's history length
/// @param candidates the items to score
/// @param pctrBase the base model's click probability of each candidate; NaN where absent
/// @param hints what else the request says of them; null: nothing
/// @param notes what of the request is not in it
/// @param taste the user's taste profile, where the request brings one; null: it does not
public record EncodedRequest(
    long userId,
    long[] profile,
    long[] context,
    long[] history,
    long[] candidates,
    float[] pctrBase,
    @Nullable CandidateHints hints,
    RequestNotes notes,
    float @Nullable [] taste) {

  /// A request that says nothing of its candidates but their ids and bases.
  public EncodedRequest(
      long userId,
      long[] profile,
      long[] context,
      long[] history,
      long[] candidates,
      float[] pctrBase) {
    this(userId, profile, context, history, candidates, pctrBase, null, RequestNotes.NONE, null);
  }

  /// The request with only the most recent of its clicks.
  public EncodedRequest withRecent(int clicks) {
    int kept = Math.min(clicks, history.length);
    long[] recent = Arrays.copyOfRange(history, history.length - kept, history.length);
    return new EncodedRequest(
        userId, profile, context, recent, candidates, pctrBase, hints, notes, taste);
  }
}
