package io.saviorrec.server.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;

/// The meters of items that arrive after training.
public final class UpsertMetrics {
  private final Counter encoded;
  private final Counter unchanged;
  private final Counter rejected;
  private final Timer encode;
  private final DistributionSummary batch;
  private final Timer imageDecode;
  private final Counter refreshed;
  private final Counter stale;
  private final Counter unknown;
  private final Counter deleted;

  public UpsertMetrics(Meters meters) {
    encoded = items(meters, "encoded");
    unchanged = items(meters, "unchanged");
    rejected = items(meters, "rejected");
    encode =
        meters.latency(
            "savior.encode", "Time of one encoder call with its quantisation", Tags.empty());
    imageDecode =
        meters.latency(
            "savior.image.decode", "Time of decoding and scaling one picture", Tags.empty());
    refreshed = changed(meters, "statistics", "stored");
    stale = changed(meters, "statistics", "stale");
    unknown = changed(meters, "statistics", "unknown");
    deleted = changed(meters, "deletion", "stored");
    batch = meters.sizes("savior.encode.batch", "Items of one encoder call", Tags.empty());
  }

  private static Counter items(Meters meters, String result) {
    return meters.counter(
        "savior.upsert.items",
        "Items of upserts by what became of them",
        Tags.of("result", result));
  }

  private static Counter changed(Meters meters, String change, String result) {
    return meters.counter(
        "savior.changed.items",
        "Items whose statistics were refreshed or that were deleted, by what became of it",
        Tags.of("change", change, "result", result));
  }

  /// What became of a refresh of statistics.
  ///
  /// @param olds items of which something newer is stored
  /// @param unknowns items of which nothing is known
  public void refreshed(int stored, int olds, int unknowns) {
    refreshed.increment(stored);
    stale.increment(olds);
    unknown.increment(unknowns);
  }

  public void deleted(int items) {
    deleted.increment(items);
  }

  public void count(boolean good, boolean wasUnchanged) {
    (good ? wasUnchanged ? unchanged : encoded : rejected).increment();
  }

  public void imageDecoded(long nanos) {
    imageDecode.record(nanos, TimeUnit.NANOSECONDS);
  }

  public void encoded(int items, long nanos) {
    encode.record(nanos, TimeUnit.NANOSECONDS);
    batch.record(items);
  }
}
