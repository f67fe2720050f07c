package io.saviorrec.feature;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The features of a model beside IDs and multimodal embeddings.
///
/// @param profile columns of the user
/// @param context columns of the page view
/// @param itemStats names of the item statistics, in the order of the ranker's `stats` input; raw
///   values, because their transforms and buckets are part of the ranker
public record FeatureSchema(
    List<FeatureColumn> profile, List<FeatureColumn> context, List<String> itemStats) {

  /// Page views, clicks, and days since the item's first impression.
  public static final List<String> ITEM_STATS = List.of("pv", "clicks", "age_days");

  public FeatureSchema {
    profile = List.copyOf(profile);
    context = List.copyOf(context);
    itemStats = List.copyOf(itemStats);
    checkUnique("profile", profile.stream().map(FeatureColumn::name).toList());
    checkUnique("context", context.stream().map(FeatureColumn::name).toList());
    checkUnique("itemStats", itemStats);
  }

  private static void checkUnique(String what, List<String> names) {
    Set<String> seen = new HashSet<>();
    for (String name : names) {
      if (!seen.add(name)) {
        throw new IllegalArgumentException("%s names '%s' twice".formatted(what, name));
      }
    }
  }
}
