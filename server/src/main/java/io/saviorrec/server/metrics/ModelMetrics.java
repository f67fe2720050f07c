package io.saviorrec.server.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.saviorrec.proto.v1.Degradation;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.server.request.Priority;
import io.saviorrec.server.request.Stage;
import io.saviorrec.server.request.StageTimes;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The meters of one model version's scoring, looked up once and not on each request. They are
/// removed with the version.
public final class ModelMetrics {
  private static final Stage[] STAGES = Stage.values();
  private static final int MOST_COLUMNS = 50;
  private static final int LONGEST_COLUMN = 64;
  private static final String OTHER_COLUMNS = "other";

  private final Meters meters;
  private final Tags tags;

  /// In the order of the stages.
  private final Timer[] stages = new Timer[STAGES.length];

  private final DistributionSummary candidates;
  private final DistributionSummary batchRequests;
  private final DistributionSummary batchRows;
  private final Counter pctr;
  private final Counter comparedPctr;
  private final Counter comparedBase;
  private final Counter unknownHistoryItems;
  private final Counter futureClicks;
  private final ConcurrentMap<String, Counter> unusedColumns = new ConcurrentHashMap<>();
  private final Map<ScoreSource, Counter> sources = new EnumMap<>(ScoreSource.class);
  private final Map<Degradation, Counter> degraded = new EnumMap<>(Degradation.class);

  /// By bucket, for each rank of priorities.
  private final List<ConcurrentMap<String, ByStatus<Timer>>> requests =
      Stream.generate(ConcurrentHashMap<String, ByStatus<Timer>>::new)
          .<ConcurrentMap<String, ByStatus<Timer>>>map(each -> each)
          .limit(Priority.COUNT)
          .toList();

  private volatile @Nullable ShadowMetrics shadow;

  public ModelMetrics(Meters meters, String modelName, long version, String variant) {
    this.meters = meters;
    this.tags = tags(modelName, Long.toString(version), variant);
    meters.gauge("savior.model.info", "1 for each model version that is served", tags, () -> 1);
    for (int i = 0; i < STAGES.length; i++) {
      stages[i] = stage(STAGES[i]);
    }
    bucket("");
    candidates = meters.sizes("savior.score.candidates", "Candidates of a scored request", tags);
    batchRequests =
        meters.sizes("savior.engine.batch.requests", "Requests scored by one engine call", tags);
    batchRows = meters.sizes("savior.engine.batch.rows", "Candidates of one engine call", tags);
    pctr =
        meters.counter(
            "savior.score.pctr", "Sum of the click probabilities of scored candidates", tags);
    comparedPctr =
        meters.counter(
            "savior.score.compared.pctr",
            "Sum of the click probabilities of scored candidates that came with a base score",
            tags);
    comparedBase =
        meters.counter(
            "savior.score.compared.base", "Sum of the base scores that these came with", tags);
    unknownHistoryItems =
        meters.counter(
            "savior.score.unknown.history.items",
            "History items left out because nothing is known of them",
            tags);
    futureClicks =
        meters.counter(
            "savior.score.future.clicks",
            "Clicks left out because they are not before the page",
            tags);
    for (ScoreSource source :
        new ScoreSource[] {
          ScoreSource.TRAINED,
          ScoreSource.ENCODED,
          ScoreSource.SHARED_CODES,
          ScoreSource.SHARED_CATEGORY,
          ScoreSource.UNKNOWN_ITEM,
          ScoreSource.PCTR_BASE
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

  private Timer stage(Stage stage) {
    return meters.latency(
        "savior.score.stage",
        "Time of a scoring request in one stage",
        tags.and("stage", stage.name().toLowerCase(Locale.ROOT)));
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

  /// Makes the meters of requests that this bucket brings, while the model is live. Those of other
  /// priorities than the usual one are made when the first of them comes: most callers have none,
  /// and they are a histogram for each status.
  ///
  /// @param bucket one that is configured; empty for none
  public void bucket(String bucket) {
    var _ = requests(bucket, Priority.NORMAL);
  }

  ByStatus<Timer> requests(String bucket, Priority priority) {
    return requests
        .get(priority.rank())
        .computeIfAbsent(
            RequestMetrics.label(bucket),
            label -> RequestMetrics.requests(meters, tags, label, priority.name()));
  }

  /// The meters of scoring for nobody, made when it is first asked for.
  public ShadowMetrics shadow() {
    ShadowMetrics made = shadow;
    if (made == null) {
      synchronized (requests) {
        made = shadow;
        if (made == null) {
          made = new ShadowMetrics(meters, tags);
          shadow = made;
        }
      }
    }
    return made;
  }

  /// Records the end of a request and where its time went.
  ///
  /// @param request of the bucket, priority and status
  void ended(Timer request, StageTimes times, long totalNanos) {
    request.record(totalNanos, TimeUnit.NANOSECONDS);
    for (int i = 0; i < STAGES.length; i++) {
      long spent = times.nanos(STAGES[i]);
      if (spent > 0) {
        stages[i].record(spent, TimeUnit.NANOSECONDS);
      }
    }
  }

  /// Records what a request was answered with.
  ///
  /// @param scores of its candidates, by the model
  /// @param bases what it brought for each of them; NaN: nothing
  public void scored(float[] scores, float[] bases) {
    candidates.record(scores.length);
    double all = 0;
    double compared = 0;
    double base = 0;
    for (int i = 0; i < scores.length; i++) {
      all += scores[i];
      if (!Float.isNaN(bases[i])) {
        compared += scores[i];
        base += bases[i];
      }
    }
    pctr.increment(all);
    comparedPctr.increment(compared);
    comparedBase.increment(base);
  }

  /// Records one call of the engine.
  public void scoredTogether(int requests, int rows) {
    batchRequests.record(requests);
    batchRows.record(rows);
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

  /// Counts what of a request the model could not use.
  public void unused(int clicks, List<String> columns) {
    if (clicks > 0) {
      futureClicks.increment(clicks);
    }
    for (String column : columns) {
      unusedColumn(column).increment();
    }
  }

  /// Callers invent names, so only so many get a counter of their own.
  private Counter unusedColumn(String column) {
    Counter counter = unusedColumns.get(column);
    if (counter != null) {
      return counter;
    }
    boolean own = unusedColumns.size() < MOST_COLUMNS && column.length() <= LONGEST_COLUMN;
    return unusedColumns.computeIfAbsent(
        own ? column : OTHER_COLUMNS,
        each ->
            meters.counter(
                "savior.score.unused.columns",
                "Values of columns that the model does not have, or not of this kind",
                tags.and("column", each)));
  }

  /// A counter of the model's failures in one computation of its engine.
  public Counter engineFailures(String computation) {
    return meters.counter(
        "savior.engine.failures",
        "Computations of the engine that failed",
        tags.and("computation", computation));
  }
}
