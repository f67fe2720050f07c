package io.saviorrec.client;

import io.saviorrec.proto.v1.GetItemsRequest;
import io.saviorrec.proto.v1.Item;
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
