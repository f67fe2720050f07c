package io.saviorrec.server.upsert;

import io.saviorrec.content.ItemContent;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.engine.ModelEngine;
import io.saviorrec.server.store.StoredItem;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Decides which items of an upsert can be stored; everything but the picture, which is judged when
/// it is decoded.
final class ItemValidator {
  private final ServerConfig.Items bounds;

  ItemValidator(ServerConfig.Items bounds) {
    this.bounds = bounds;
  }

  /// One draft for each item, in their order.
  ///
  /// @param statNames the statistics that some live model uses
  List<Draft> validate(List<Item> items, SortedSet<String> statNames) {
    Set<Long> seen = new HashSet<>();
    return items.stream().map(item -> validate(item, statNames, seen)).toList();
  }

  private Draft validate(Item item, SortedSet<String> statNames, Set<Long> seen) {
    String error = error(item, statNames);
    if (error == null && !seen.add(item.getItemId())) {
      error = "item_id " + item.getItemId() + " appears twice in the request";
    }
    if (error != null) {
      return Draft.refused(item.getItemId(), error);
    }
    SortedMap<String, Float> stats = new TreeMap<>();
    item.getStatsMap().forEach((name, value) -> stats.put(name, value.floatValue()));
    ItemContent content =
        new ItemContent(
            item.getItemId(),
            item.getTitle(),
            item.getCategory(),
            item.getText(),
            item.getImage().toByteArray());
    StoredItem stored =
        new StoredItem(
            item.getItemId(),
            StoredItem.UNSTORED,
            content.hash(),
            item.getTitle(),
            item.getCategory(),
            item.getText(),
            stats);
    return Draft.of(stored, content);
  }

  private @Nullable String error(Item item, SortedSet<String> statNames) {
    if (item.getItemId() == 0) {
      return "item_id is missing";
    }
    if (item.getItemId() == ModelEngine.UNKNOWN_ITEM) {
      return "item_id " + item.getItemId() + " is reserved";
    }
    if (item.getTitle().isBlank() && item.getImage().isEmpty()) {
      return "title and image are both empty; the item needs one of them";
    }
    if (item.getImage().size() > bounds.maxImageBytes()) {
      return "image has "
          + item.getImage().size()
          + " bytes; the most is items.maxImageBytes = "
          + bounds.maxImageBytes();
    }
    String error = lengthError("title", item.getTitle());
    error = error == null ? lengthError("category", item.getCategory()) : error;
    error = error == null ? lengthError("text", item.getText()) : error;
    return error == null ? statsError(item.getStatsMap(), statNames) : error;
  }

  private @Nullable String lengthError(String field, String value) {
    if (value.length() <= bounds.maxTextChars()) {
      return null;
    }
    return field
        + " has "
        + value.length()
        + " characters; the most is items.maxTextChars = "
        + bounds.maxTextChars();
  }

  private static @Nullable String statsError(
      Map<String, Double> stats, SortedSet<String> statNames) {
    for (Map.Entry<String, Double> stat : new TreeMap<>(stats).entrySet()) {
      if (!statNames.contains(stat.getKey())) {
        return "stats." + stat.getKey() + " is unknown; the models use " + statNames;
      }
      double value = stat.getValue();
      if (!Double.isFinite(value) || value < 0) {
        return "stats." + stat.getKey() + " must be finite and not negative but was " + value;
      }
      if (value > Float.MAX_VALUE) {
        return "stats." + stat.getKey() + " is too large: " + value;
      }
    }
    return null;
  }
}
