package io.saviorrec.contract;

import io.saviorrec.feature.FeatureException;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.feature.ItemColumns;
import java.util.List;
import java.util.Map;

/// What a model makes of the hints that requests give of their candidates.
///
/// @param levels codes L of a semantic ID
/// @param codebookSize codes K of a level
/// @param categoryColumn the item column `category`; -1: the model has none
record HintRules(
    List<String> statNames, int levels, int codebookSize, ItemColumns columns, int categoryColumn) {

  static HintRules of(FeatureSchema features, int levels, int codebookSize) {
    return new HintRules(
        features.itemStats(),
        levels,
        codebookSize,
        new ItemColumns(features.item()),
        features.itemColumn(FeatureSchema.CATEGORY));
  }

  int statCount() {
    return statNames.size();
  }

  /// The place of a statistic; -1: the model does not know it.
  int stat(String name) {
    return statNames.indexOf(name);
  }

  boolean hasCategory() {
    return categoryColumn >= 0;
  }

  /// The row of a category.
  long category(String category) {
    return category.isEmpty()
        ? CandidateHints.NO_CATEGORY
        : columns.encode(category, Map.of(), columns.missing())[categoryColumn];
  }

  void requireCount(String field, int actual, int each, int candidates) {
    if (actual != each * candidates) {
      throw new FeatureException(
          each == 1
              ? "%s has %d entries; give one for each of %d candidates, or none"
                  .formatted(field, actual, candidates)
              : "%s has %d entries for %d candidate%s; the model has %d codes for each"
                  .formatted(field, actual, candidates, candidates == 1 ? "" : "s", each));
    }
  }

  /// All of the codebook, or all -1.
  void checkCodes(String field, int candidate, int[] codes, int at) {
    for (int level = 0; level < levels; level++) {
      int code = codes[at + level];
      boolean absent = code == -1 && codes[at] == -1;
      if (!absent && (code < 0 || code >= codebookSize || codes[at] == -1)) {
        throw new FeatureException(
            "%s of candidate %d must be in [0, %d), or all -1, was %d at level %d"
                .formatted(field, candidate, codebookSize, code, level + 1));
      }
    }
  }

  /// NaN is absent.
  void checkStat(String field, String name, int candidate, float value) {
    if (value < 0 || Float.isInfinite(value)) {
      throw new FeatureException(
          "%s '%s' of candidate %d must be a number of at least 0, was %s"
              .formatted(field, name, candidate, value));
    }
  }
}
