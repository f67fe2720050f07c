package io.saviorrec.server.upsert;

import io.saviorrec.proto.v1.DeleteItemsRequest;
import io.saviorrec.proto.v1.DeleteItemsResponse;
import io.saviorrec.proto.v1.ListItemsRequest;
import io.saviorrec.proto.v1.ListItemsResponse;
import io.saviorrec.proto.v1.StatColumn;
import io.saviorrec.proto.v1.UpdateStatsRequest;
import io.saviorrec.proto.v1.UpdateStatsResponse;
import io.saviorrec.server.admission.ComputeEstimate;
import io.saviorrec.server.admission.Demand;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.metrics.UpsertMetrics;
import io.saviorrec.server.registry.LiveModels;
import io.saviorrec.server.registry.Registry;
import io.saviorrec.server.registry.SnapshotHandle;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.Priority;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.store.ItemChange;
import io.saviorrec.server.store.SentItems;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// Keeps up items that are known: takes their statistics in bulk, erases them and lists them.
///
/// Nothing of it is encoded, so it has a lane of its own and waits behind no encoder.
public final class ItemUpkeep {
  private final Registry registry;
  private final Lane lane;
  private final int mostItems;
  private final InstantSource clock;
  private final UpsertMetrics metrics;
  private final ChangeQueue queue;
  private final ItemListing listing;
  private final ComputeEstimate changeTime = new ComputeEstimate();
  private final ComputeEstimate pageTime = new ComputeEstimate();

  public ItemUpkeep(
      Registry registry,
      SentItems sent,
      ServerConfig.Items config,
      Lane lane,
      UpsertMetrics metrics) {
    this.metrics = metrics;
    this.registry = registry;
    this.lane = lane;
    this.mostItems = config.maxStatsBatch();
    this.clock = InstantSource.system();
    this.queue = new ChangeQueue(sent, lane, mostItems);
    this.listing = new ItemListing(sent.store());
  }

  public CompletableFuture<UpdateStatsResponse> updateStats(UpdateStatsRequest request, Call call) {
    List<Long> itemIds = request.getItemIdsList();
    requireGood(itemIds);
    String wrongTime = SentTimes.error(request.getTimeMs(), clock);
    if (wrongTime != null) {
      throw RequestException.invalid(wrongTime);
    }
    List<ItemChange.Statistics> changes = new ArrayList<>(itemIds.size());
    try (SnapshotHandle live = registry.acquireAll()) {
      requireGood(request, SentStats.names(live.models()));
      for (int i = 0; i < itemIds.size(); i++) {
        changes.add(
            new ItemChange.Statistics(
                itemIds.get(i),
                stats(request, i),
                trained(live.models(), itemIds.get(i)),
                request.getTimeMs()));
      }
    }
    return queue
        .submit(changes, call, demand(changes.size()))
        .thenApply(outcomes -> response(itemIds, outcomes));
  }

  private UpdateStatsResponse response(List<Long> itemIds, List<ItemChange.Outcome> outcomes) {
    UpdateStatsResponse.Builder response = UpdateStatsResponse.newBuilder();
    int updated = 0;
    for (int i = 0; i < outcomes.size(); i++) {
      switch (outcomes.get(i).result()) {
        case STORED -> updated++;
        case STALE -> response.addStale(itemIds.get(i));
        case UNKNOWN -> response.addUnknown(itemIds.get(i));
      }
    }
    metrics.refreshed(updated, response.getStaleCount(), response.getUnknownCount());
    return response.setUpdated(updated).build();
  }

  private static SortedMap<String, Float> stats(UpdateStatsRequest request, int place) {
    SortedMap<String, Float> stats = new TreeMap<>();
    for (StatColumn column : request.getColumnsList()) {
      float value = column.getValues(place);
      if (!Float.isNaN(value)) {
        stats.put(column.getName(), value);
      }
    }
    return stats;
  }

  private static void requireGood(UpdateStatsRequest request, SortedSet<String> names) {
    if (request.getColumnsCount() == 0) {
      throw RequestException.invalid("columns is empty");
    }
    Set<String> seen = new TreeSet<>();
    for (StatColumn column : request.getColumnsList()) {
      if (!seen.add(column.getName())) {
        throw RequestException.invalid("columns has " + column.getName() + " twice");
      }
      if (column.getValuesCount() != request.getItemIdsCount()) {
        throw RequestException.invalid(
            "columns."
                + column.getName()
                + " has "
                + column.getValuesCount()
                + " values for "
                + request.getItemIdsCount()
                + " items");
      }
      // Also where there is no value to judge.
      String error = SentStats.error(column.getName(), 0, names);
      for (int i = 0; i < column.getValuesCount() && error == null; i++) {
        float value = column.getValues(i);
        error = Float.isNaN(value) ? null : SentStats.error(column.getName(), value, names);
      }
      if (error != null) {
        throw RequestException.invalid(error);
      }
    }
  }

  public CompletableFuture<DeleteItemsResponse> delete(DeleteItemsRequest request, Call call) {
    List<Long> itemIds = request.getItemIdsList();
    requireGood(itemIds);
    List<ItemChange.Deletion> changes = itemIds.stream().map(ItemChange.Deletion::new).toList();
    return queue
        .submit(changes, call, demand(changes.size()))
        .thenApply(
            outcomes ->
                DeleteItemsResponse.newBuilder().setDeleted(known(itemIds, outcomes)).build());
  }

  /// How many of the items were there before.
  private int known(List<Long> itemIds, List<ItemChange.Outcome> outcomes) {
    metrics.deleted(outcomes.size());
    int known = 0;
    try (SnapshotHandle live = registry.acquireAll()) {
      for (int i = 0; i < outcomes.size(); i++) {
        var before = outcomes.get(i).before();
        boolean there = before == null ? trained(live.models(), itemIds.get(i)) : !before.deleted();
        known += there ? 1 : 0;
      }
    }
    return known;
  }

  private static boolean trained(LiveModels models, long itemId) {
    return models.all().stream().anyMatch(model -> model.trained(itemId));
  }

  public CompletableFuture<ListItemsResponse> list(ListItemsRequest request, Call call) {
    int size = ItemListing.pageSize(request);
    @Nullable Long after = ItemListing.after(request);
    Demand demand = Demand.within(call, Priority.NORMAL, pageTime, size);
    return lane.submit(
        call, demand, queuedNanos -> listing.page(after, size, request.getDeleted()));
  }

  /// A change that is made after its call has ended harms nobody.
  private Demand demand(int changes) {
    return Demand.unbounded(Priority.NORMAL, changeTime, changes);
  }

  private void requireGood(List<Long> itemIds) {
    if (itemIds.isEmpty()) {
      throw RequestException.invalid("item_ids is empty");
    }
    if (itemIds.size() > mostItems) {
      throw RequestException.invalid(
          "item_ids has "
              + itemIds.size()
              + " entries; the most is items.maxStatsBatch = "
              + mostItems);
    }
    Set<Long> seen = new HashSet<>();
    for (long itemId : itemIds) {
      String error = ItemIds.error(itemId);
      if (error == null && !seen.add(itemId)) {
        error = "item_ids has " + itemId + " twice";
      }
      if (error != null) {
        throw RequestException.invalid(error);
      }
    }
  }
}
