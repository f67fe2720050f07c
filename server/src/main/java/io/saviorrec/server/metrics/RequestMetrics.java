package io.saviorrec.server.metrics;

import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;

/// Counts and times scoring requests by model, variant and status, the failed ones too.
public final class RequestMetrics {
  /// The model of requests that failed before one was chosen. Names that callers invent never
  /// become tags: they would be unbounded.
  public static final String NO_MODEL = "none";

  private record Key(String model, String variant, String status) {}

  private final ServerMetrics metrics;
  private final ConcurrentMap<Key, Timer> timers = new ConcurrentHashMap<>();

  public RequestMetrics(ServerMetrics metrics) {
    this.metrics = metrics;
  }

  /// Counts a request that was refused before it was decoded.
  ///
  /// @param status the name of an error code
  public void refused(String status) {
    metrics
        .counter(
            "savior.refused",
            "Scoring requests refused before they were decoded",
            Tags.of("reason", status))
        .increment();
  }

  /// Records the end of a request.
  ///
  /// @param status `OK` or the name of an error code
  public void finished(String model, String variant, String status, long totalNanos) {
    timers
        .computeIfAbsent(new Key(model, variant, status), this::timer)
        .record(totalNanos, TimeUnit.NANOSECONDS);
  }

  private Timer timer(Key key) {
    return metrics.latency(
        "savior.score.requests",
        "Scoring requests: their number and their time from acceptance to answer",
        Tags.of("model", key.model(), "variant", key.variant(), "status", key.status()));
  }
}
