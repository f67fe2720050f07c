package io.saviorrec.client;

import io.saviorrec.proto.v1.DeleteItemsRequest;
import io.saviorrec.proto.v1.GetItemsRequest;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.StatColumn;
import io.saviorrec.proto.v1.UpdateStatsRequest;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import java.util.ArrayList;
import java.util.List;

/// Cuts long lists into requests that every server takes.
final class Batches {
  /// Items and bytes of one upsert, well below a server's limits.
  private static final int UPSERT_ITEMS = 32;

  private static final long UPSERT_BYTES = 16 << 20;

  /// Ids of one lookup, well below a server's limit.
  private static final int LOOKUP_ITEMS = 500;

  /// Items of one refresh of statistics or of one deletion, likewise.
  private static final int CHANGED_ITEMS = 5000;

  private Batches() {}

  static List<UpsertItemsRequest> upserts(List<Item> items) {
    List<UpsertItemsRequest> batches = new ArrayList<>();
    UpsertItemsRequest.Builder batch = UpsertItemsRequest.newBuilder();
    long bytes = 0;
    for (Item item : items) {
      bytes += item.getSerializedSize();
      if (batch.getItemsCount() == UPSERT_ITEMS
          || (batch.getItemsCount() > 0 && bytes > UPSERT_BYTES)) {
        batches.add(batch.build());
        batch = UpsertItemsRequest.newBuilder();
        bytes = item.getSerializedSize();
      }
      batch.addItems(item);
    }
    if (batch.getItemsCount() > 0) {
      batches.add(batch.build());
    }
    return batches;
  }

  /// @throws IllegalArgumentException when a column has not one value for each item
  static List<UpdateStatsRequest> statistics(UpdateStatsRequest request) {
    if (request.getItemIdsCount() > 0 && request.getItemKeysCount() > 0) {
      throw new IllegalArgumentException("item_ids and item_keys must not both be set");
    }
    boolean named = request.getItemKeysCount() > 0;
    int items = request.getItemIdsCount() + request.getItemKeysCount();
    for (StatColumn column : request.getColumnsList()) {
      if (column.getValuesCount() != items) {
        throw new IllegalArgumentException(
            "columns.%s must have a value for each of %d items, has %d"
                .formatted(column.getName(), items, column.getValuesCount()));
      }
    }
    List<UpdateStatsRequest> batches = new ArrayList<>();
    for (int from = 0; from < items; from += CHANGED_ITEMS) {
      int to = Math.min(items, from + CHANGED_ITEMS);
      UpdateStatsRequest.Builder batch =
          UpdateStatsRequest.newBuilder().setTimeMs(request.getTimeMs());
      if (named) {
        batch.addAllItemKeys(request.getItemKeysList().subList(from, to));
      } else {
        batch.addAllItemIds(request.getItemIdsList().subList(from, to));
      }
      for (StatColumn column : request.getColumnsList()) {
        batch.addColumns(
            StatColumn.newBuilder()
                .setName(column.getName())
                .addAllValues(column.getValuesList().subList(from, to)));
      }
      batches.add(batch.build());
    }
    return batches;
  }

  static List<DeleteItemsRequest> deletions(List<Long> itemIds) {
    List<DeleteItemsRequest> batches = new ArrayList<>();
    for (int from = 0; from < itemIds.size(); from += CHANGED_ITEMS) {
      int to = Math.min(itemIds.size(), from + CHANGED_ITEMS);
      batches.add(DeleteItemsRequest.newBuilder().addAllItemIds(itemIds.subList(from, to)).build());
    }
    return batches;
  }

  static List<GetItemsRequest> lookups(List<Long> itemIds, String model) {
    List<GetItemsRequest> batches = new ArrayList<>();
    for (int from = 0; from < itemIds.size(); from += LOOKUP_ITEMS) {
      int to = Math.min(itemIds.size(), from + LOOKUP_ITEMS);
      batches.add(
          GetItemsRequest.newBuilder()
              .addAllItemIds(itemIds.subList(from, to))
              .setModel(model)
              .build());
    }
    return batches;
  }
}
