package io.saviorrec.engine;

/// One request to the ranker: a user and candidates, items by their slots.
///
/// @param userId the user's raw id; the model knows which ids it was trained on
/// @param profile rows of the profile columns, by a feature encoder
/// @param context rows of the context columns, by a feature encoder
/// @param historySlots clicked items, oldest first, at most the model's history length; may be
///   empty
/// @param candidateSlots the items to score; not empty
/// @param pctrBase the base model's click probability of each candidate; NaN where absent
public record ScoreInput(
    long userId,
    long[] profile,
    long[] context,
    int[] historySlots,
    int[] candidateSlots,
    float[] pctrBase) {

  public ScoreInput {
    if (candidateSlots.length == 0 || candidateSlots.length != pctrBase.length) {
      throw new IllegalArgumentException(
          "A request needs candidates, each with its pctrBase, but had %d and %d"
              .formatted(candidateSlots.length, pctrBase.length));
    }
  }
}
