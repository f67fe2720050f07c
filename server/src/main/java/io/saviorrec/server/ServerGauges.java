package io.saviorrec.server;

import io.micrometer.core.instrument.Tags;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.metrics.ModelMetrics;
import io.saviorrec.server.metrics.ServerMetrics;
import io.saviorrec.server.registry.ModelHandle;
import io.saviorrec.server.registry.ModelRegistry;
import io.saviorrec.server.states.ItemStates;
import io.saviorrec.server.states.KnownItems;
import io.saviorrec.server.store.SentItems;

/// The meters that read what the parts of a server count themselves.
final class ServerGauges {
  private ServerGauges() {}

  static void register(
      ServerMetrics metrics, Lane scoring, Lane encoding, ModelRegistry registry, SentItems sent) {
    lane(metrics, "scoring", scoring);
    lane(metrics, "encoding", encoding);
    registry.all().forEach(handle -> model(metrics, handle));
    Tags cache = Tags.empty();
    metrics.counter(
        "savior.representations.hits",
        "Look-ups that found",
        cache,
        () -> sent.cacheStats().hitCount());
    metrics.counter(
        "savior.representations.misses",
        "Look-ups that did not find",
        cache,
        () -> sent.cacheStats().missCount());
    metrics.counter(
        "savior.representations.evictions",
        "Entries given up for lack of room",
        cache,
        () -> sent.cacheStats().evictionCount());
  }

  private static void lane(ServerMetrics metrics, String name, Lane lane) {
    Tags tags = Tags.of("lane", name);
    metrics.gauge("savior.queue.depth", "Requests that wait for a thread", tags, lane::queued);
    metrics.gauge("savior.in.flight", "Requests that run on a thread", tags, lane::running);
    metrics.gauge("savior.threads", "Threads of the lane", tags, lane::threads);
  }

  private static void model(ServerMetrics metrics, ModelHandle handle) {
    ItemStates states = handle.items().states();
    KnownItems catalogue = handle.items().catalogue();
    Tags model = ModelMetrics.tags(handle.model(), handle.version(), handle.variant());
    metrics.counter(
        "savior.item.states.hits", "Look-ups of cached item states", model, states::hits);
    metrics.counter(
        "savior.item.states.misses", "Item states that were computed", model, states::misses);
    metrics.counter(
        "savior.item.states.evictions",
        "Item states given up for lack of room",
        model,
        states::evictions);
    metrics.counter(
        "savior.item.states.unknown",
        "Look-ups of items of which nothing is known",
        model,
        states::unknownLookups);
    metrics.gauge("savior.item.states.cached", "Item states in the table", model, states::cached);
    metrics.gauge(
        "savior.item.states.free.slots", "Free slots of the table", model, states::freeSlots);
    metrics.gauge(
        "savior.items.trained", "Items of the bundle's table", model, catalogue::trainedItems);
    metrics.counter(
        "savior.items.unencoded",
        "Look-ups of sent items that could not be encoded for this model",
        model,
        catalogue::missingRepresentations);
  }
}
