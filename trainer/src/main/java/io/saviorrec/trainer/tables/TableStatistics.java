package io.saviorrec.trainer.tables;

import io.saviorrec.trainer.console.Progress;
import io.saviorrec.trainer.evaluate.Retrieval;
import io.saviorrec.trainer.metric.Auc;
import io.saviorrec.trainer.metric.ClickMetrics;
import io.saviorrec.trainer.metric.DeLong;
import io.saviorrec.trainer.metric.Difference;
import io.saviorrec.trainer.metric.Interval;
import io.saviorrec.trainer.metric.UserBootstrap;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Makes a table of finished cells: figures over seeds, and differences to the reference row with
/// what drawing users, DeLong's test and the seeds tell of them.
final class TableStatistics {
  static final int RESAMPLES = 1_000;
  private static final long DRAWS = 1;

  private final PaperTable table;
  private final Period period;
  private final int resamples;

  /// A finished cell.
  ///
  /// @param scores null where no ranker was trained
  @SuppressWarnings("ArrayRecordComponent") // a plain column, never compared
  record Finished(Cell cell, CellResult result, float @Nullable [] scores) {}

  TableStatistics(PaperTable table, Period period, int resamples) {
    this.table = table;
    this.period = period;
    this.resamples = resamples;
  }

  /// The rows that have a finished cell, in the table's order.
  List<TableResult.Row> rows(List<Finished> cells) {
    Map<String, SortedSeeds> bySeed = new LinkedHashMap<>();
    for (TableRow row : table.rows()) {
      SortedSeeds seeds = new SortedSeeds(new TreeMap<>());
      cells.stream()
          .filter(each -> each.cell().row().name().equals(row.name()))
          .forEach(each -> seeds.cells().put(each.cell().seed(), each));
      if (!seeds.cells().isEmpty()) {
        bySeed.put(row.name(), seeds);
      }
    }
    SortedSeeds reference = bySeed.get(table.reference());
    List<TableResult.Row> rows = new ArrayList<>();
    try (Progress progress = Progress.start("drawing users", Math.max(1, bySeed.size()))) {
      for (TableRow row : table.rows()) {
        SortedSeeds own = bySeed.get(row.name());
        if (own != null) {
          rows.add(row(row, own, row.name().equals(table.reference()) ? null : reference));
          progress.step(Double.NaN);
        }
      }
    }
    return rows;
  }

  private record SortedSeeds(TreeMap<Long, Finished> cells) {
    List<float[]> scores(List<Long> seeds) {
      return seeds.stream()
          .map(seed -> Objects.requireNonNull(Objects.requireNonNull(cells.get(seed)).scores()))
          .toList();
    }

    List<Long> seeds() {
      return List.copyOf(cells.keySet());
    }

    CellResult first() {
      return cells.firstEntry().getValue().result();
    }
  }

  private TableResult.Row row(TableRow row, SortedSeeds own, @Nullable SortedSeeds reference) {
    Map<String, Mean> metrics = new LinkedHashMap<>();
    Interval auc = null;
    List<TableResult.BucketRow> buckets = List.of();
    TableResult.Against against = null;
    List<Long> shared =
        reference == null
            ? List.of()
            : own.seeds().stream().filter(reference.cells()::containsKey).toList();
    SortedSeeds other = shared.isEmpty() ? null : reference;
    if (table.measure() == PaperTable.Measure.CLICKS) {
      List<float[]> scores = own.scores(own.seeds());
      metrics.putAll(metrics(scores, _ -> true));
      // Against itself only the draws of its own AUC tell something.
      UserBootstrap bootstrap =
          other == null
              ? bootstrap(scores, scores)
              : bootstrap(own.scores(shared), other.scores(shared));
      UserBootstrap.Sampled all = bootstrap.sampleAuc(_ -> true);
      auc = all.first();
      buckets = buckets(scores, bootstrap, other != null);
      if (other != null) {
        against = against(own, other, shared, all.difference(), bootstrap.gauc());
      }
    } else if (other != null) {
      against = new TableResult.Against(shared.size(), null, null, hits(own, other, shared), null);
    }
    metrics.putAll(retrieval(own));
    double seconds =
        own.cells().values().stream().mapToDouble(each -> each.result().seconds()).sum();
    return new TableResult.Row(
        row.name(),
        row.label(),
        row.paper(),
        own.seeds(),
        metrics,
        auc,
        buckets,
        against,
        own.first().bundle(),
        seconds);
  }

  private UserBootstrap bootstrap(List<float[]> first, List<float[]> second) {
    return new UserBootstrap(first, second, period.clicked(), period.users(), resamples, DRAWS);
  }

  private List<TableResult.BucketRow> buckets(
      List<float[]> scores, UserBootstrap bootstrap, boolean paired) {
    List<TableResult.BucketRow> rows = new ArrayList<>();
    for (int b = 0; b < period.buckets().size(); b++) {
      int bucket = b;
      UserBootstrap.Sampled sampled = bootstrap.sampleAuc(i -> period.bucketOf()[i] == bucket);
      Difference difference = paired ? sampled.difference() : null;
      rows.add(
          new TableResult.BucketRow(
              period.buckets().get(b).name(),
              metrics(scores, i -> period.bucketOf()[i] == bucket),
              sampled.first(),
              difference));
    }
    return rows;
  }

  private TableResult.Against against(
      SortedSeeds own, SortedSeeds reference, List<Long> shared, Difference auc, Difference gauc) {
    List<float[]> first = own.scores(shared);
    List<float[]> second = reference.scores(shared);
    double[] differences = new double[shared.size()];
    for (int i = 0; i < differences.length; i++) {
      differences[i] =
          Auc.of(first.get(i), period.clicked()) - Auc.of(second.get(i), period.clicked());
    }
    return new TableResult.Against(
        shared.size(), auc, gauc, Mean.of(differences), DeLong.of(first, second, period.clicked()));
  }

  private static Mean hits(SortedSeeds own, SortedSeeds reference, List<Long> shared) {
    return Mean.of(
        shared.stream().mapToDouble(seed -> hit(own, seed) - hit(reference, seed)).toArray());
  }

  private static double hit(SortedSeeds row, long seed) {
    return Objects.requireNonNull(row.cells().get(seed))
        .result()
        .retrieval()
        .getOrDefault(Retrieval.NEXT, Double.NaN);
  }

  private static Map<String, Mean> retrieval(SortedSeeds own) {
    Map<String, Mean> means = new TreeMap<>();
    for (String name : own.first().retrieval().keySet()) {
      means.put(
          name,
          Mean.of(
              own.cells().values().stream()
                  .mapToDouble(each -> each.result().retrieval().getOrDefault(name, Double.NaN))
                  .toArray()));
    }
    return means;
  }

  /// Figures over seeds on some of the impressions.
  private Map<String, Mean> metrics(List<float[]> scores, IntPredicate included) {
    int[] rows = IntStream.range(0, period.samples()).filter(included).toArray();
    List<ClickMetrics> seeds =
        scores.stream()
            .map(each -> ClickMetrics.of(each, period.clicked(), period.users(), rows))
            .toList();
    Map<String, Mean> means = new LinkedHashMap<>();
    FIGURES.forEach(
        (name, figure) -> means.put(name, Mean.of(seeds.stream().mapToDouble(figure).toArray())));
    return means;
  }

  private static final Map<String, ToDoubleFunction<ClickMetrics>> FIGURES = figures();

  private static Map<String, ToDoubleFunction<ClickMetrics>> figures() {
    Map<String, ToDoubleFunction<ClickMetrics>> figures = new LinkedHashMap<>();
    figures.put("auc", ClickMetrics::auc);
    figures.put("gauc", ClickMetrics::gauc);
    figures.put("gauc_unweighted", ClickMetrics::gaucUnweighted);
    figures.put("logloss", ClickMetrics::logLoss);
    figures.put("normalized_entropy", ClickMetrics::normalizedEntropy);
    figures.put("pcoc", ClickMetrics::pcoc);
    figures.put("ece", ClickMetrics::ece);
    return figures;
  }
}
