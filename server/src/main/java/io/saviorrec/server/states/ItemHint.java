package io.saviorrec.server.states;

import io.saviorrec.contract.CandidateHints;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// What a request says of one of its candidates.
///
/// Without statistics it is all that a state is computed from, if the item is not known: then it is
/// the state's key, and unknown items of the same codes and category share one.
///
/// @param codes the semantic ID; null: not said
/// @param category row of the column `category`; [CandidateHints#NO_CATEGORY]: not said
/// @param stats NaN where absent; null: none
@SuppressWarnings("ArrayRecordComponent") // compared by what is in them
record ItemHint(int @Nullable [] codes, long category, float @Nullable [] stats) {

  static ItemHint of(CandidateHints hints, int candidate, int levels, int statCount) {
    int[] codes = hints.codes();
    long[] categories = hints.categories();
    float[] stats = hints.stats();
    return new ItemHint(
        codes == null || codes[candidate * levels] < 0
            ? null
            : Arrays.copyOfRange(codes, candidate * levels, (candidate + 1) * levels),
        categories == null ? CandidateHints.NO_CATEGORY : categories[candidate],
        stats == null || !hints.hasStats(candidate, statCount)
            ? null
            : Arrays.copyOfRange(stats, candidate * statCount, (candidate + 1) * statCount));
  }

  /// Whether a state is computed from it that others may use.
  boolean isShared() {
    return stats == null;
  }

  /// Puts its statistics over those of an item that begin there.
  void putStats(float[] out, int at) {
    for (int i = 0; stats != null && i < stats.length; i++) {
      if (!Float.isNaN(stats[i])) {
        out[at + i] = stats[i];
      }
    }
  }

  /// A hash of the key.
  int spread() {
    long hash = Hash.of(category);
    for (int i = 0; codes != null && i < codes.length; i++) {
      hash = Hash.of(hash * 31 + codes[i]);
    }
    return (int) hash;
  }

  /// Whether unknown items of both have the same state.
  boolean same(@Nullable ItemHint other) {
    return other != null
        && isShared()
        && other.isShared()
        && category == other.category
        && Arrays.equals(codes, other.codes);
  }
}
