package io.saviorrec.server.scoring;

import io.saviorrec.proto.v1.GetItemsRequest;
import io.saviorrec.proto.v1.GetItemsResponse;
import io.saviorrec.server.admission.ComputeEstimate;
import io.saviorrec.server.admission.Demand;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.registry.ModelHandle;
import io.saviorrec.server.registry.Registry;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.Priority;
import io.saviorrec.server.request.RequestException;
import java.util.concurrent.CompletableFuture;

/// Answers what a model knows of items.
public final class ItemInquiry {

  private final Registry registry;
  private final Lane lane;
  private final int maxItems;
  private final ComputeEstimate lookupTime = new ComputeEstimate();

  public ItemInquiry(Registry registry, Lane lane, int maxItems) {
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
    Demand demand =
        Demand.within(call, Priority.NORMAL, lookupTime, Math.max(1, request.getItemIdsCount()));
    ModelHandle handle = registry.acquire(live -> live.router().route(request.getModel()));
    try {
      return lane.submit(
              call,
              demand,
              queued ->
                  GetItemsResponse.newBuilder()
                      .addAllItems(ItemLookup.describe(handle.model(), request.getItemIdsList()))
                      .build())
          .whenComplete((response, failure) -> handle.close());
    } catch (RuntimeException e) {
      handle.close();
      throw e;
    }
  }
}
