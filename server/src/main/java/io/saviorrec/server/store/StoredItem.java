package io.saviorrec.server.store;

import java.util.SortedMap;
import java.util.TreeMap;

/// An item that was sent after training, without its picture.
///
/// @param itemId the item
/// @param contentHash `ItemContent.hash()` of title, category, text and image
/// @param title what people read
/// @param category a category name; may be empty
/// @param text any further text; may be empty
/// @param stats the statistics that came with it, by name; absent ones are not in the map
public record StoredItem(
    long itemId,
    long contentHash,
    String title,
    String category,
    String text,
    SortedMap<String, Float> stats) {
  public StoredItem {
    stats = new TreeMap<>(stats);
  }
}
