package io.saviorrec.server.store;

import io.saviorrec.proto.v1.FeatureValue;
import java.util.SortedMap;
import java.util.TreeMap;

/// An item that was sent after training, without its picture.
///
/// @param itemId the item
/// @param version what the store gave it when it was put; [#UNSTORED] before
/// @param contentHash `ItemContent.hash()` of title, category, text and image
/// @param title what people read
/// @param category a category name; may be empty
/// @param text any further text; may be empty
/// @param stats the statistics that came with it, by name; absent ones are not in the map
/// @param features values of item columns that came with it beside the category, likewise
public record StoredItem(
    long itemId,
    long version,
    long contentHash,
    String title,
    String category,
    String text,
    SortedMap<String, Float> stats,
    SortedMap<String, FeatureValue> features) {
  /// The version of an item that no store has given one.
  public static final long UNSTORED = 0;

  public StoredItem {
    stats = new TreeMap<>(stats);
    features = new TreeMap<>(features);
  }

  /// The same item under another version.
  public StoredItem withVersion(long newVersion) {
    return new StoredItem(itemId, newVersion, contentHash, title, category, text, stats, features);
  }
}
