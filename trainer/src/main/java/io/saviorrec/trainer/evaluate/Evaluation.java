package io.saviorrec.trainer.evaluate;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.contract.RankerContract;
import io.saviorrec.contract.SharedItems;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.ItemCatalogue;
import io.saviorrec.trainer.data.log.TasteRule;
import io.saviorrec.trainer.data.log.Tastes;
import io.saviorrec.trainer.fallback.FallbackMeasures;
import io.saviorrec.trainer.fallback.FallbackTrial;
import io.saviorrec.trainer.metric.Auc;
import io.saviorrec.trainer.metric.ClickMetrics;
import io.saviorrec.trainer.metric.GroupedAuc;
import io.saviorrec.trainer.ranker.Predictor;
import io.saviorrec.trainer.torch.ScriptModule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A bundle's figures on one period of a data set, beside those of scores that need no model.
///
/// @param references AUC of `item_ctr` (the item's smoothed click rate), `pctr_base` and, on
///   synthetic data, `oracle` (the true click probability) on the same impressions
/// @param referencesGauc the same in GAUC
/// @param hit30Later the share of all later clicks among the thirty nearest items, see [Retrieval]
/// @param figures of the predictions, these and more
/// @param unknown items first shown in the period, scored by a server that was never sent them
public record Evaluation(
    double auc,
    double gauc,
    double logloss,
    double pcoc,
    double hit30,
    long samples,
    List<Bucket> buckets,
    Map<String, Double> references,
    @JsonProperty("references_gauc") Map<String, Double> referencesGauc,
    FallbackMeasures unknown,
    @JsonProperty("hit30_later") double hit30Later,
    ClickMetrics figures) {

  /// Impressions of items with a certain number of page views before the period.
  ///
  /// @param auc null where only one class is present
  /// @param figures of the predictions
  public record Bucket(String name, long samples, @Nullable Double auc, ClickMetrics figures) {}

  /// An evaluation with what it is of.
  ///
  /// @param predictions in the log's order
  /// @param items of the catalogue, as the bundle sees them
  @SuppressWarnings("ArrayRecordComponent") // a plain column, never compared
  public record Measured(Evaluation evaluation, float[] predictions, BundleItems items) {}

  public static Evaluation of(Bundle bundle, DataSet data, Split split, PvBuckets buckets) {
    return measure(bundle, data, split, buckets).evaluation();
  }

  /// Measures a bundle and keeps its predictions.
  public static Measured measure(Bundle bundle, DataSet data, Split split, PvBuckets buckets) {
    long from = split.from(data.cuts());
    long until = split.until(data.cuts());
    ImpressionLog log = data.stored().sample(from, until);
    if (log.samples() == 0) {
      throw new UserError(
          data.name() + " has no impressions in its " + split + " period; choose another --split");
    }
    BundleItems items = BundleItems.of(bundle, data.items());
    Predictor predictor = predictor(bundle, data, items, log);
    float[] predictions = predictor.predict(from, until);
    RankingMetrics metrics = RankingMetrics.of(log, from, until, predictions);
    boolean[] labels = RankingMetrics.labels(log, from, until);
    long[] users = RankingMetrics.users(log, from, until);
    Map<String, Double> references = new LinkedHashMap<>();
    Map<String, Double> referencesGauc = new LinkedHashMap<>();
    references(data, log, from, until)
        .forEach(
            (name, scores) -> {
              references.put(name, Auc.of(scores, labels));
              referencesGauc.put(name, GroupedAuc.of(scores, labels, users));
            });
    Evaluation evaluation =
        new Evaluation(
            metrics.auc(),
            metrics.gauc(),
            metrics.logLoss(),
            metrics.pcoc(),
            Retrieval.next(items.z(), log, from, until),
            metrics.samples(),
            buckets(data, log, buckets, from, until, predictions),
            references,
            referencesGauc,
            unknown(bundle, data, log, items, predictor, predictions, from, until),
            Retrieval.later(items.z(), log, from, until),
            ClickMetrics.of(predictions, labels, users));
    return new Measured(evaluation, predictions, items);
  }

  /// A bundle's predictions of a period's impressions alone, in the log's order.
  public static float[] predictions(Bundle bundle, DataSet data, BundleItems items, Split split) {
    long from = split.from(data.cuts());
    long until = split.until(data.cuts());
    ImpressionLog log = data.stored().sample(from, until);
    return predictor(bundle, data, items, log).predict(from, until);
  }

  /// Scores of a period's impressions that need no model, and the true click probability where the
  /// data has it, by name.
  public static Map<String, float[]> plainScores(DataSet data, Split split) {
    long from = split.from(data.cuts());
    long until = split.until(data.cuts());
    return references(data, data.stored().sample(from, until), from, until);
  }

  private static Predictor predictor(
      Bundle bundle, DataSet data, BundleItems items, ImpressionLog log) {
    return new Predictor(
        ScriptModule.load(bundle.path(Bundle.RANKER)),
        bundle.manifest().dims().historyLength(),
        items.features(data.items(), data.schema()),
        log,
        data.statistics(),
        tastes(bundle, data, items));
  }

  /// Refreshed every night of the data set's log.
  private static Tastes tastes(Bundle bundle, DataSet data, BundleItems items) {
    Manifest.Taste taste = bundle.manifest().taste();
    return taste == null
        ? Tastes.NONE
        : data.tastes(items.z(), new TasteRule(taste.halfLife(), taste.clickRate()));
  }

  private static FallbackMeasures unknown(
      Bundle bundle,
      DataSet data,
      ImpressionLog log,
      BundleItems items,
      Predictor predictor,
      float[] predictions,
      long from,
      long until) {
    RankerContract contract = RankerContract.of(bundle.manifest());
    ItemCatalogue catalogue = data.items();
    try (ItemTable table = bundle.items()) {
      SharedItems shared =
          SharedItems.of(
              table,
              contract,
              data.schema(),
              row -> {
                int item = catalogue.indexOf(table.itemId(row));
                return item < 0 || catalogue.firstImpression(item) < from;
              });
      return new FallbackTrial(
              predictor,
              catalogue,
              items.codes(),
              log,
              new FallbackTrial.Model(table, shared, contract, data.schema()),
              from,
              from,
              until)
          .measure(bundle.manifest().fallback(), predictions);
    }
  }

  private static Map<String, float[]> references(
      DataSet data, ImpressionLog log, long from, long until) {
    Map<String, float[]> references = PlainScores.of(data, log);
    data.truth(from, until).ifPresent(truth -> references.put("oracle", truth));
    return references;
  }

  static List<Bucket> buckets(
      DataSet data,
      ImpressionLog log,
      PvBuckets buckets,
      long from,
      long until,
      float[] predictions) {
    boolean[] labels = RankingMetrics.labels(log, from, until);
    long[] users = RankingMetrics.users(log, from, until);
    List<String> names = buckets.names();
    int[] bucketOf = bucketOf(data, log, buckets, from);
    List<Bucket> result = new ArrayList<>();
    for (int b = 0; b < names.size(); b++) {
      int bucket = b;
      int[] rows =
          IntStream.range(0, predictions.length).filter(i -> bucketOf[i] == bucket).toArray();
      ClickMetrics figures = ClickMetrics.of(predictions, labels, users, rows);
      double auc = figures.auc();
      result.add(new Bucket(names.get(b), rows.length, Double.isNaN(auc) ? null : auc, figures));
    }
    return result;
  }

  /// The bucket of each impression by views before a time.
  static int[] bucketOf(DataSet data, ImpressionLog log, PvBuckets buckets, long from) {
    long[] shownBefore = data.pageViewsBefore(from);
    int[] bucketOf = new int[log.samples()];
    for (int i = 0; i < bucketOf.length; i++) {
      bucketOf[i] = buckets.of(shownBefore[log.sampleItem[i]]);
    }
    return bucketOf;
  }
}
