package io.saviorrec.feature;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The features of a model beside IDs and multimodal embeddings.
///
/// @param profile columns of the user
/// @param context columns of the page view
/// @param item columns of the item, its category for one
/// @param itemStats names of the item statistics, in the order of the ranker's `stats` input; raw
///   values, because their transforms and buckets are part of the ranker
public record FeatureSchema(
    List<FeatureColumn> profile,
    List<FeatureColumn> context,
    List<FeatureColumn> item,
    List<String> itemStats) {

  /// The item column that an item's category fills.
  public static final String CATEGORY = "category";

  /// Page views of an item.
  public static final String PV = "pv";

  /// Clicks on it.
  public static final String CLICKS = "clicks";

  /// Days since its first impression.
  public static final String AGE_DAYS = "age_days";

  /// The statistics that the trainer counts, in the order of every array that holds them.
  public static final List<String> ITEM_STATS = List.of(PV, CLICKS, AGE_DAYS);

  public FeatureSchema {
    profile = List.copyOf(profile);
    context = List.copyOf(context);
    item = List.copyOf(item);
    itemStats = List.copyOf(itemStats);
    checkUnique("profile", profile.stream().map(FeatureColumn::name).toList());
    checkUnique("context", context.stream().map(FeatureColumn::name).toList());
    checkUnique("item", item.stream().map(FeatureColumn::name).toList());
    checkUnique("itemStats", itemStats);
  }

  /// The place of an item column of this name; -1: there is none.
  public int itemColumn(String name) {
    for (int c = 0; c < item.size(); c++) {
      if (item.get(c).name().equals(name)) {
        return c;
      }
    }
    return -1;
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
