package io.saviorrec.server.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.saviorrec.proto.v1.Degradation;
import io.saviorrec.proto.v1.ScoreSource;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;

/// The meters of one model version's scoring, looked up once and not on each request. They are
/// removed with the version.
public final class ModelMetrics {
  private final Meters meters;
  private final Tags tags;
  private final Timer queue;
  private final Timer items;
  private final Timer model;
  private final DistributionSummary candidates;
  private final Counter unknownHistoryItems;
  private final Map<ScoreSource, Counter> sources = new EnumMap<>(ScoreSource.class);
  private final Map<Degradation, Counter> degraded = new EnumMap<>(Degradation.class);
  private final ConcurrentMap<String, Timer> requests = new ConcurrentHashMap<>();

  public ModelMetrics(Meters meters, String modelName, long version, String variant) {
    this.meters = meters;
    this.tags = tags(modelName, Long.toString(version), variant);
    meters.gauge("savior.model.info", "1 for each model version that is served", tags, () -> 1);
    queue = stage("queue");
    items = stage("items");
    model = stage("model");
    candidates = meters.sizes("savior.score.candidates", "Candidates of a scored request", tags);
    unknownHistoryItems =
        meters.counter(
            "savior.score.unknown.history.items",
            "History items left out because nothing is known of them",
            tags);
    for (ScoreSource source :
        new ScoreSource[] {
          ScoreSource.TRAINED, ScoreSource.ENCODED, ScoreSource.UNKNOWN_ITEM, ScoreSource.PCTR_BASE
        }) {
      sources.put(
          source,
          meters.counter(
              "savior.score.sources",
              "Scored candidates by where their representation came from",
              tags.and("source", source.name())));
    }
    for (Degradation degradation :
        new Degradation[] {Degradation.SHORT_HISTORY, Degradation.BASE_SCORE}) {
      degraded.put(
          degradation,
          meters.counter(
              "savior.score.degraded",
              "Requests that were answered with less than the whole model, for overload",
              tags.and("degradation", degradation.name())));
    }
  }

  private Timer stage(String stage) {
    return meters.latency(
        "savior.score.stage", "Time of a scored request in one stage", tags.and("stage", stage));
  }

  static Tags tags(String model, String version, String variant) {
    return Tags.of("model", model, "version", version, "variant", variant);
  }

  /// What tells this model's meters from those of others.
  public Tags tags() {
    return tags;
  }

  /// The group that the model's meters belong to.
  public Meters meters() {
    return meters;
  }

  /// Records the end of a request.
  ///
  /// @param status `OK` or the name of an error code
  public void finished(String status, long totalNanos) {
    requests
        .computeIfAbsent(status, each -> RequestMetrics.timer(meters, tags, each))
        .record(totalNanos, TimeUnit.NANOSECONDS);
  }

  public void scored(long queueNanos, long itemsNanos, long modelNanos, int candidateCount) {
    queue.record(queueNanos, TimeUnit.NANOSECONDS);
    items.record(itemsNanos, TimeUnit.NANOSECONDS);
    model.record(modelNanos, TimeUnit.NANOSECONDS);
    candidates.record(candidateCount);
  }

  public void source(ScoreSource source, int count) {
    Counter counter = sources.get(source);
    if (counter == null) {
      throw new IllegalArgumentException("no meter for source " + source);
    }
    counter.increment(count);
  }

  public void degraded(Degradation degradation) {
    Counter counter = degraded.get(degradation);
    if (counter == null) {
      throw new IllegalArgumentException("no meter for degradation " + degradation);
    }
    counter.increment();
  }

  public void unknownHistoryItems(int count) {
    unknownHistoryItems.increment(count);
  }
}
