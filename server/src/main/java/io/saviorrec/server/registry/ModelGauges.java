package io.saviorrec.server.registry;

import io.micrometer.core.instrument.Tags;
import io.saviorrec.server.metrics.Meters;
import io.saviorrec.server.metrics.ModelMetrics;
import io.saviorrec.server.states.KnownItems;
import io.saviorrec.server.states.SlotTable;

/// The meters that read what the parts of a model count themselves.
final class ModelGauges {
  private ModelGauges() {}

  static void register(ModelMetrics metrics, SlotTable<?, ?> states, KnownItems items) {
    Meters meters = metrics.meters();
    Tags tags = metrics.tags();
    meters.counter("savior.item.states.hits", "Item states that were cached", tags, states::hits);
    meters.counter(
        "savior.item.states.misses",
        "Item states that were not cached and were computed",
        tags,
        states::misses);
    meters.counter(
        "savior.item.states.evictions",
        "Item states evicted because the cache was full",
        tags,
        states::evictions);
    meters.counter(
        "savior.item.states.unknown",
        "Requests for states of items of which nothing is known",
        tags,
        states::unknown);
    meters.gauge("savior.item.states.cached", "Item states in the cache", tags, states::cached);
    meters.gauge(
        "savior.item.states.free.slots", "Free slots of the state table", tags, states::freeSlots);
    meters.gauge(
        "savior.items.trained", "Items of the bundle's item table", tags, items::trainedItems);
    meters.counter(
        "savior.items.unencoded",
        "Requests for sent items that could not be encoded for this model",
        tags,
        items::missingRepresentations);
  }
}
