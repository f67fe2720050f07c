package io.saviorrec.server.registry;

import io.micrometer.core.instrument.Tags;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.server.engine.Slots;
import io.saviorrec.server.metrics.Meters;
import io.saviorrec.server.metrics.ModelMetrics;
import io.saviorrec.server.states.KnownItems;
import io.saviorrec.server.states.ModelStates;
import io.saviorrec.server.states.SlotTable;
import java.util.stream.Stream;

/// The meters that read what the parts of a model count themselves.
final class ModelGauges {
  private ModelGauges() {}

  static void register(
      ModelMetrics metrics, Manifest manifest, ModelStates states, KnownItems items) {
    Meters meters = metrics.meters();
    Tags tags = metrics.tags();
    long trainedUntil = manifest.lineage().trainedUntil();
    meters.gauge(
        "savior.model.trained.until.timestamp.seconds",
        "The end of the training data, in seconds since 1970",
        tags,
        () -> trainedUntil);
    table(meters, tags, "item", states.items());
    table(meters, tags, "user", states.users());
    meters.counter(
        "savior.item.states.unknown",
        "Requests for states of items of which nothing is known",
        tags,
        states.items()::unknown);
    meters.counter(
        "savior.user.states.grown",
        "User states that were computed by the difference to another",
        tags,
        states::usersGrown);
    meters.gauge(
        "savior.user.states.bytes", "Memory that cached user states take", tags, states::userBytes);
    meters.gauge(
        "savior.items.trained", "Items of the bundle's item table", tags, items::trainedItems);
    meters.counter(
        "savior.items.unencoded",
        "Requests for sent items that are not encoded for this model, or not yet",
        tags,
        items::missingRepresentations);
  }

  /// What the model takes outside of the Java heap; all of it is allocated when it is loaded.
  static void memory(ModelMetrics metrics, Bundle bundle, Slots slots) {
    Manifest.Dims dims = bundle.manifest().dims();
    long archives =
        Stream.of(Bundle.ENCODER, Bundle.RQ, Bundle.MBA, Bundle.RANKER)
            .mapToLong(bundle::size)
            .sum();
    memory(metrics, "archives", archives);
    memory(metrics, "item_table", bundle.size(Bundle.ITEMS));
    memory(metrics, "item_states", (long) Float.BYTES * slots.items() * dims.stateWidth());
    memory(metrics, "user_states", (long) Float.BYTES * slots.users() * dims.userWidth());
  }

  private static void memory(ModelMetrics metrics, String part, long bytes) {
    metrics
        .meters()
        .gauge(
            "savior.model.memory.bytes",
            "Memory outside of the Java heap that a model takes",
            metrics.tags().and("part", part),
            () -> bytes);
  }

  private static void table(Meters meters, Tags tags, String kind, SlotTable<?> states) {
    String name = "savior." + kind + ".states.";
    String title = kind.equals("item") ? "Item" : "User";
    meters.counter(name + "hits", title + " states that were cached", tags, states::hits);
    meters.counter(
        name + "misses",
        title + " states that were not cached and were computed",
        tags,
        states::misses);
    meters.counter(
        name + "evictions",
        title + " states evicted because the cache was full",
        tags,
        states::evictions);
    meters.gauge(name + "cached", title + " states in the cache", tags, states::cached);
    meters.gauge(
        name + "free.slots", "Free slots of the " + kind + " state table", tags, states::freeSlots);
  }
}
