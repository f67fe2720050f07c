package io.saviorrec.server.upsert;

import io.saviorrec.content.ItemContent;
import io.saviorrec.contract.RankerContract;
import io.saviorrec.feature.FeatureException;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.feature.ItemColumns;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.request.ErrorText;
import io.saviorrec.server.store.StoredItem;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Decides which items of an upsert can be stored; everything but the picture, which is judged when
/// it is decoded.
final class ItemValidator {
  private final ServerConfig.Items bounds;

  /// What some live model uses and an item may thus bring.
  private record Sendable(
      SortedSet<String> statNames, List<ItemColumns> columns, SortedSet<String> columnNames) {
    static Sendable of(List<FeatureSchema> models) {
      SortedSet<String> statNames = new TreeSet<>();
      List<ItemColumns> columns = new ArrayList<>();
      SortedSet<String> columnNames = new TreeSet<>();
      for (FeatureSchema model : models) {
        statNames.addAll(model.itemStats());
        columns.add(new ItemColumns(model.item()));
        model.item().forEach(column -> columnNames.add(column.name()));
      }
      return new Sendable(statNames, columns, columnNames);
    }
  }

  ItemValidator(ServerConfig.Items bounds) {
    this.bounds = bounds;
  }

  /// One draft for each item, in their order.
  ///
  /// @param models the features of the live models: what one of them uses can be sent
  List<Draft> validate(List<Item> items, List<FeatureSchema> models) {
    Sendable sendable = Sendable.of(models);
    Set<Long> seen = new HashSet<>();
    return items.stream().map(item -> validate(item, sendable, seen)).toList();
  }

  private Draft validate(Item item, Sendable sendable, Set<Long> seen) {
    String error = error(item, sendable);
    if (error == null && !seen.add(item.getItemId())) {
      error = "item_id " + item.getItemId() + " appears twice in the request";
    }
    if (error != null) {
      return Draft.refused(item.getItemId(), error);
    }
    SortedMap<String, Float> stats = new TreeMap<>();
    item.getStatsMap().forEach((name, value) -> stats.put(name, value.floatValue()));
    ItemContent content = ItemContent.of(item);
    StoredItem stored =
        new StoredItem(
            item.getItemId(),
            StoredItem.UNSTORED,
            content.hash(),
            item.getTitle(),
            item.getCategory(),
            item.getText(),
            stats,
            new TreeMap<>(item.getFeaturesMap()));
    return Draft.of(stored, content);
  }

  private @Nullable String error(Item item, Sendable sendable) {
    if (item.getItemId() == 0) {
      return "item_id is missing";
    }
    if (item.getItemId() == RankerContract.UNKNOWN_ITEM) {
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
    error = error == null ? statsError(item.getStatsMap(), sendable.statNames()) : error;
    return error == null ? featuresError(item, sendable) : error;
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

  /// A value is judged by every model that has its column; one that no model has is a mistake.
  private @Nullable String featuresError(Item item, Sendable sendable) {
    Set<String> unknown = new TreeSet<>(item.getFeaturesMap().keySet());
    unknown.removeAll(sendable.columnNames());
    if (!unknown.isEmpty()) {
      return "features "
          + ErrorText.cut(unknown.toString())
          + " are columns of no model; the models have "
          + sendable.columnNames();
    }
    for (Map.Entry<String, FeatureValue> feature : item.getFeaturesMap().entrySet()) {
      String error = lengthError("features." + feature.getKey(), feature.getValue().getText());
      if (error != null) {
        return error;
      }
    }
    for (ItemColumns columns : sendable.columns()) {
      try {
        columns.encode(item.getCategory(), item.getFeaturesMap(), columns.missing());
      } catch (FeatureException e) {
        return "features: " + e.getMessage();
      }
    }
    return null;
  }

  private static @Nullable String statsError(
      Map<String, Double> stats, SortedSet<String> statNames) {
    for (Map.Entry<String, Double> stat : new TreeMap<>(stats).entrySet()) {
      if (!statNames.contains(stat.getKey())) {
        return "stats." + ErrorText.cut(stat.getKey()) + " is unknown; the models use " + statNames;
      }
      double value = stat.getValue();
      if (!Double.isFinite(value) || value < 0) {
        return "stats." + stat.getKey() + " must be finite and not negative, was " + value;
      }
      if (value > Float.MAX_VALUE) {
        return "stats." + stat.getKey() + " is too large: " + value;
      }
    }
    return null;
  }
}
