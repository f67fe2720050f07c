package io.saviorrec.contract;

import io.saviorrec.bundle.Manifest;
import org.jspecify.annotations.Nullable;

/// What a request itself says of its candidates, as arrays in their order.
///
/// Codes and category count for candidates that the server does not know ([SharedItems]);
/// statistics count for all, in this request alone.
///
/// @param codes semantic IDs `[R · L]`, -1 in all places of a candidate that has none; null: none
/// @param categories rows of the item column `category` `[R]`, -1 where absent; null: none
/// @param stats statistics `[R · S]`, NaN where absent; null: none
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record CandidateHints(
    int @Nullable [] codes, long @Nullable [] categories, float @Nullable [] stats) {
  /// The category of a candidate that has none.
  public static final long NO_CATEGORY = -1;

  /// Whether there are statistics of this candidate.
  public boolean hasStats(int candidate, int statCount) {
    if (stats == null) {
      return false;
    }
    for (int i = candidate * statCount; i < (candidate + 1) * statCount; i++) {
      if (!Float.isNaN(stats[i])) {
        return true;
      }
    }
    return false;
  }

  /// Whether there is anything of this candidate.
  public boolean describes(int candidate, Manifest manifest) {
    return hasStats(candidate, manifest.features().itemStats().size())
        || hasLikeness(candidate, manifest.dims().levels());
  }

  /// Puts a candidate's statistics over those that are there; what is absent stays.
  ///
  /// @param out statistics of several items, this one's from `at * statCount` on
  public void putStats(int candidate, int statCount, float[] out, int at) {
    for (int i = 0; i < statCount && stats != null; i++) {
      float value = stats[candidate * statCount + i];
      if (!Float.isNaN(value)) {
        out[at * statCount + i] = value;
      }
    }
  }

  /// Whether the candidate's codes or category are known.
  public boolean hasLikeness(int candidate, int levels) {
    return (codes != null && codes[candidate * levels] >= 0)
        || (categories != null && categories[candidate] != NO_CATEGORY);
  }
}
