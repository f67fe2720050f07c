package io.saviorrec.server.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.saviorrec.proto.v1.ScoreSource;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// The meters of one model version's scoring, looked up once and not on each request.
public final class ModelMetrics {
  private final Timer queue;
  private final Timer items;
  private final Timer model;
  private final DistributionSummary candidates;
  private final Counter unknownHistoryItems;
  private final Map<ScoreSource, Counter> sources = new EnumMap<>(ScoreSource.class);

  public ModelMetrics(ServerMetrics metrics, String modelName, long version, String variant) {
    Tags tags = tags(modelName, version, variant);
    metrics.gauge("savior.model.info", "1 for each model version that is served", tags, () -> 1);
    queue = stage(metrics, tags, "queue");
    items = stage(metrics, tags, "items");
    model = stage(metrics, tags, "model");
    candidates = metrics.sizes("savior.score.candidates", "Candidates of a scored request", tags);
    unknownHistoryItems =
        metrics.counter(
            "savior.score.unknown.history.items",
            "History items left out because nothing is known of them",
            tags);
    for (ScoreSource source :
        new ScoreSource[] {ScoreSource.TRAINED, ScoreSource.ENCODED, ScoreSource.UNKNOWN_ITEM}) {
      sources.put(
          source,
          metrics.counter(
              "savior.score.sources",
              "Scored candidates by where their representation came from",
              tags.and("source", source.name())));
    }
  }

  private static Timer stage(ServerMetrics metrics, Tags tags, String stage) {
    return metrics.latency(
        "savior.score.stage", "Time of a scored request in one stage", tags.and("stage", stage));
  }

  public static Tags tags(String model, long version, String variant) {
    return Tags.of("model", model, "version", Long.toString(version), "variant", variant);
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

  public void unknownHistoryItems(int count) {
    unknownHistoryItems.increment(count);
  }
}
