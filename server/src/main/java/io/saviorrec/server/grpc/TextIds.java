package io.saviorrec.server.grpc;

import io.saviorrec.contract.StringId;
import io.saviorrec.proto.v1.DeleteItemsRequest;
import io.saviorrec.proto.v1.GetItemsRequest;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.UpdateStatsRequest;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.server.request.RequestException;
import java.util.List;

/// Requests whose items are named by texts, with the numbers of these in their place: behind the
/// door an item has a number only.
final class TextIds {
  private TextIds() {}

  static UpsertItemsRequest numbered(UpsertItemsRequest request) {
    if (request.getItemsList().stream().allMatch(item -> item.getItemKey().isEmpty())) {
      return request;
    }
    UpsertItemsRequest.Builder numbered = UpsertItemsRequest.newBuilder();
    for (Item item : request.getItemsList()) {
      // One with both keeps its text, which its own result complains of.
      boolean named = !item.getItemKey().isEmpty() && item.getItemId() == 0;
      numbered.addItems(
          named
              ? item.toBuilder().clearItemKey().setItemId(StringId.of(item.getItemKey())).build()
              : item);
    }
    return numbered.build();
  }

  static UpdateStatsRequest numbered(UpdateStatsRequest request) {
    List<String> keys = request.getItemKeysList();
    return keys.isEmpty()
        ? request
        : request.toBuilder()
            .clearItemKeys()
            .addAllItemIds(ids(keys, request.getItemIdsCount()))
            .build();
  }

  static DeleteItemsRequest numbered(DeleteItemsRequest request) {
    List<String> keys = request.getItemKeysList();
    return keys.isEmpty()
        ? request
        : request.toBuilder()
            .clearItemKeys()
            .addAllItemIds(ids(keys, request.getItemIdsCount()))
            .build();
  }

  static GetItemsRequest numbered(GetItemsRequest request) {
    List<String> keys = request.getItemKeysList();
    return keys.isEmpty()
        ? request
        : request.toBuilder()
            .clearItemKeys()
            .addAllItemIds(ids(keys, request.getItemIdsCount()))
            .build();
  }

  private static List<Long> ids(List<String> keys, int numbers) {
    if (numbers > 0) {
      throw RequestException.invalid("item_ids and item_keys are both set; use one of them");
    }
    if (keys.contains("")) {
      throw RequestException.invalid("item_keys[" + keys.indexOf("") + "] is empty");
    }
    return keys.stream().map(StringId::of).toList();
  }
}
