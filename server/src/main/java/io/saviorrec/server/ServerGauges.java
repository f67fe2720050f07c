package io.saviorrec.server;

import io.micrometer.core.instrument.Tags;
import io.saviorrec.command.BuildVersion;
import io.saviorrec.server.access.ServerTls;
import io.saviorrec.server.admission.ByteBudget;
import io.saviorrec.server.admission.Overload;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.engine.BundleEngine;
import io.saviorrec.server.health.Readiness;
import io.saviorrec.server.metrics.Meters;
import io.saviorrec.server.request.Priority;
import io.saviorrec.server.store.ItemStore;
import io.saviorrec.server.store.SentItems;
import java.util.Map;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/// The meters that read what the parts of a server count themselves; a model's are its own.
final class ServerGauges {
  private ServerGauges() {}

  static void register(
      Meters meters,
      Map<String, Lane> lanes,
      Overload overload,
      ByteBudget memory,
      ItemStore store,
      SentItems sent) {
    lanes.forEach((name, lane) -> lane(meters, name, lane));
    for (Priority priority : Priority.values()) {
      meters.gauge(
          "savior.overload.step",
          "What is done to scoring requests: 0 nothing, 1 shorter histories, 2 base scores",
          Tags.of("priority", priority.name()),
          () -> overload.presentStep(priority));
    }
    meters.gauge(
        "savior.overload.latency.share",
        "Share of the time for waiting that may be filled, so that answers keep the latency target",
        Tags.empty(),
        overload::latencyShare);
    meters.gauge(
        "savior.call.memory.bytes",
        "Memory that calls hold, by the estimate that limits.inFlightBytes bounds",
        Tags.empty(),
        memory::used);
    meters.gauge(
        "savior.call.memory.limit.bytes",
        "Memory that calls may hold: limits.inFlightBytes",
        Tags.empty(),
        memory::capacity);
    store(meters, "cache", () -> store.memory().cache());
    store(meters, "writes", () -> store.memory().writes());
    store(meters, "indexes", () -> store.memory().indexes());
    Tags cache = Tags.empty();
    meters.counter(
        "savior.representations.hits",
        "Representations of sent items that were cached",
        cache,
        () -> sent.cacheStats().hitCount());
    meters.counter(
        "savior.representations.misses",
        "Representations of sent items that were not cached",
        cache,
        () -> sent.cacheStats().missCount());
    meters.counter(
        "savior.representations.evictions",
        "Representations of sent items evicted because the cache was full",
        cache,
        () -> sent.cacheStats().evictionCount());
    meters.startCounting();
  }

  static void build(Meters meters, BuildVersion build) {
    meters.gauge(
        "savior.build.info",
        "1 for the build that runs",
        Tags.of(
            "version",
            build.version(),
            "libtorch",
            build.libtorch(),
            "java",
            Runtime.version().toString()),
        () -> 1);
  }

  static void health(Meters meters, Readiness readiness) {
    meters.gauge(
        "savior.ready",
        "1 while the server should get traffic, 0 while it starts, stops or cannot score",
        Tags.empty(),
        () -> readiness.ready() ? 1 : 0);
    meters.gauge(
        "savior.items.ready",
        "1 while items can be taken and looked up",
        Tags.empty(),
        () -> readiness.itemsServing() ? 1 : 0);
  }

  /// Shows how long the certificate of the server is valid, where it has one.
  static void certificate(Meters meters, @Nullable ServerTls tls) {
    if (tls == null) {
      return;
    }
    meters.gauge(
        "savior.tls.certificate.not.before.timestamp.seconds",
        "Since when the server's certificate is valid, in seconds since 1970",
        Tags.empty(),
        () -> tls.validity().get().fromSeconds());
    meters.gauge(
        "savior.tls.certificate.not.after.timestamp.seconds",
        "Until when the server's certificate is valid, in seconds since 1970",
        Tags.empty(),
        () -> tls.validity().get().untilSeconds());
  }

  /// Shows the memory of the device that scores, where that is a GPU.
  static void device(Meters meters, String device) {
    if (BundleEngine.gpuMemory(device).isEmpty()) {
      return;
    }
    Tags tags = Tags.of("device", device);
    meters.gauge(
        "savior.gpu.memory.bytes",
        "Memory of the GPU that scores, by whomever it is used",
        tags,
        () -> BundleEngine.gpuMemory(device).orElseThrow().getUsed());
    meters.gauge(
        "savior.gpu.memory.limit.bytes",
        "Memory that the GPU has",
        tags,
        () -> BundleEngine.gpuMemory(device).orElseThrow().getMax());
  }

  static void store(Meters meters, ItemStore store, long minFreeBytes) {
    meters.gauge(
        "savior.store.free.bytes",
        "Free room on the item store's disk",
        Tags.empty(),
        store::freeBytes);
    meters.gauge(
        "savior.store.min.free.bytes",
        "Free room below which nothing more is stored: items.minFreeBytes",
        Tags.empty(),
        () -> minFreeBytes);
    meters.gauge(
        "savior.store.following",
        "1 while what other servers store arrives here, 0 while their common store is out of reach",
        Tags.empty(),
        () -> store.following() ? 1 : 0);
  }

  private static void store(Meters meters, String part, DoubleSupplier bytes) {
    meters.gauge(
        "savior.store.memory.bytes",
        "Memory outside of the Java heap that the item store takes",
        Tags.of("part", part),
        bytes);
  }

  private static void lane(Meters meters, String name, Lane lane) {
    Tags tags = Tags.of("lane", name);
    meters.gauge("savior.queue.depth", "Requests that wait for a thread", tags, lane::queued);
    meters.gauge("savior.in.flight", "Requests that run on a thread", tags, lane::running);
    meters.gauge("savior.threads", "Threads of the lane", tags, lane::threads);
  }
}
