package io.saviorrec.trainer.data.prepare;

import io.saviorrec.config.Check;

/// What counts as a co-click, and how many pairs to keep.
///
/// @param windowSeconds the longest time between a user's first clicks of the two items
/// @param minUsers the fewest users who made the pair
/// @param maxUserItems the latest items of a user that count; pairs grow with its square
/// @param topPerItem partners kept for an item
/// @param priorUsers users added to the expected number, so that pairs that hardly anybody could
///   make do not come first
public record CoClickConfig(
    long windowSeconds, int minUsers, int maxUserItems, int topPerItem, double priorUsers) {
  public CoClickConfig {
    Check.all(
        check ->
            check
                .atLeast("windowSeconds", windowSeconds, 1)
                // What one user clicks says nothing about items.
                .atLeast("minUsers", minUsers, 2)
                .atLeast("maxUserItems", maxUserItems, 2)
                .atLeast("topPerItem", topPerItem, 1)
                .positive("priorUsers", priorUsers));
  }
}
