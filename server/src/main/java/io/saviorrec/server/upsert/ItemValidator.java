package io.saviorrec.server.upsert;

import io.saviorrec.content.ItemContent;
import io.saviorrec.feature.FeatureException;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.feature.ItemColumns;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.registry.LiveModel;
import io.saviorrec.server.registry.LiveModels;
import io.saviorrec.server.request.ErrorText;
import io.saviorrec.server.store.ReadyZ;
import io.saviorrec.server.store.StoredItem;
import java.time.InstantSource;
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
  private final InstantSource clock;

  /// What some live model uses and an item may thus bring.
  private record Sendable(
      List<LiveModel> models,
      SortedSet<String> statNames,
      List<ItemColumns> columns,
      SortedSet<String> columnNames) {
    static Sendable of(LiveModels live) {
      List<ItemColumns> columns = new ArrayList<>();
      SortedSet<String> columnNames = new TreeSet<>();
      for (FeatureSchema model : live.features()) {
        columns.add(new ItemColumns(model.item()));
        model.item().forEach(column -> columnNames.add(column.name()));
      }
      return new Sendable(live.all(), SentStats.names(live), columns, columnNames);
    }
  }

  ItemValidator(ServerConfig.Items bounds, InstantSource clock) {
    this.bounds = bounds;
    this.clock = clock;
  }

  /// One draft for each item, in their order.
  ///
  /// @param models what one of them uses can be sent
  List<Draft> validate(List<Item> items, LiveModels models) {
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
    ItemContent content = ItemContent.of(item);
    ReadyZ z = SentZ.of(item, sendable.models());
    StoredItem stored =
        new StoredItem(
            item.getItemId(),
            StoredItem.UNSTORED,
            StoredItem.Kind.SENT,
            StoredItem.Times.at(item.getTimeMs()),
            z == null ? content.hash() : z.hash(content),
            item.getTitle(),
            item.getCategory(),
            item.getText(),
            stats(item, sendable),
            new TreeMap<>(item.getFeaturesMap()),
            item.getImage().size(),
            z);
    return Draft.of(stored, content);
  }

  /// Whoever sends one statistic says that the others are 0.
  private static SortedMap<String, Float> stats(Item item, Sendable sendable) {
    SortedMap<String, Float> stats = new TreeMap<>();
    if (item.getStatsCount() > 0) {
      sendable.statNames().forEach(name -> stats.put(name, 0f));
      item.getStatsMap().forEach((name, value) -> stats.put(name, value.floatValue()));
    }
    return stats;
  }

  private @Nullable String error(Item item, Sendable sendable) {
    if (!item.getItemKey().isEmpty()) {
      return "item_id and item_key are both set; use one of them";
    }
    String badId = ItemIds.error(item.getItemId());
    if (badId != null) {
      return badId;
    }
    if (item.getTitle().isBlank() && item.getImage().isEmpty() && item.getZCount() == 0) {
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
    error = error == null ? SentTimes.error(item.getTimeMs(), clock) : error;
    error = error == null ? SentZ.error(item, sendable.models()) : error;
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
      String error = SentStats.error(stat.getKey(), stat.getValue(), statNames);
      if (error != null) {
        return error;
      }
    }
    return null;
  }
}
