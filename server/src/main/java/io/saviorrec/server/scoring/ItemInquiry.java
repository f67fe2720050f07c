package io.saviorrec.server.scoring;

import io.saviorrec.proto.v1.GetItemsRequest;
import io.saviorrec.proto.v1.GetItemsResponse;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.registry.ModelHandle;
import io.saviorrec.server.registry.ModelRegistry;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.routing.Router;
import java.util.concurrent.CompletableFuture;

/// Answers what a model knows of items.
public final class ItemInquiry {
  private final Router router;
  private final ModelRegistry registry;
  private final Lane lane;
  private final int maxItems;

  public ItemInquiry(Router router, ModelRegistry registry, Lane lane, int maxItems) {
    this.router = router;
    this.registry = registry;
    this.lane = lane;
    this.maxItems = maxItems;
  }

  public CompletableFuture<GetItemsResponse> get(GetItemsRequest request, Call call) {
    if (request.getItemIdsCount() > maxItems) {
      throw RequestException.invalid(
          "item_ids has "
              + request.getItemIdsCount()
              + " entries; the most is scoring.maxCandidates = "
              + maxItems);
    }
    String model = request.getModel().isEmpty() ? router.defaultModel() : request.getModel();
    ModelHandle handle = registry.find(model, 0);
    return lane.submit(
        call,
        queued ->
            GetItemsResponse.newBuilder()
                .addAllItems(ItemLookup.describe(handle.items(), request.getItemIdsList()))
                .build());
  }
}
