package io.saviorrec.server.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;

/// Counts and times the scoring requests that no model answers for. Names that callers invent never
/// become tags: they would be unbounded.
public final class RequestMetrics {
  private static final String NO_MODEL = "none";

  private final Meters meters;
  private final ConcurrentMap<String, Counter> refused = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, Timer> failed = new ConcurrentHashMap<>();

  public RequestMetrics(Meters meters) {
    this.meters = meters;
  }

  /// Counts a request that was refused before it was decoded.
  ///
  /// @param status the name of an error code
  public void refused(String status) {
    refused
        .computeIfAbsent(
            status,
            each ->
                meters.counter(
                    "savior.refused",
                    "Scoring requests refused before they were decoded",
                    Tags.of("reason", each)))
        .increment();
  }

  /// Records a request that failed before a model was chosen.
  ///
  /// @param status the name of an error code
  public void failed(String status, long totalNanos) {
    failed
        .computeIfAbsent(
            status, each -> timer(meters, ModelMetrics.tags(NO_MODEL, NO_MODEL, NO_MODEL), each))
        .record(totalNanos, TimeUnit.NANOSECONDS);
  }

  static Timer timer(Meters meters, Tags model, String status) {
    return meters.latency(
        "savior.score.requests",
        "Scoring requests: their number and their time from acceptance to answer",
        model.and("status", status));
  }
}
