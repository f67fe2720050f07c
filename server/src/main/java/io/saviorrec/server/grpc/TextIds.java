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
    for (int i = 0; i < request.getItemsCount(); i++) {
      Item item = request.getItems(i);
      if (item.getItemKey().isEmpty()) {
        numbered.addItems(item);
      } else if (item.getItemId() != 0) {
        throw RequestException.invalid(
            "items[" + i + "] has both item_id and item_key; use one of them");
      } else {
        numbered.addItems(item.toBuilder().setItemId(StringId.of(item.getItemKey())));
      }
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
    return keys.stream().map(StringId::of).toList();
  }
}
