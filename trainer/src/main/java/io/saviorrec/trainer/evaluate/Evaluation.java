package io.saviorrec.trainer.evaluate;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.bundle.Manifest;
import io.saviorrec.contract.RankerContract;
import io.saviorrec.contract.SharedItems;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.ClickRate;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.ItemCatalogue;
import io.saviorrec.trainer.data.log.ItemStatistics;
import io.saviorrec.trainer.data.log.TasteRule;
import io.saviorrec.trainer.data.log.Tastes;
import io.saviorrec.trainer.fallback.FallbackMeasures;
import io.saviorrec.trainer.fallback.FallbackTrial;
import io.saviorrec.trainer.metric.Auc;
import io.saviorrec.trainer.metric.GroupedAuc;
import io.saviorrec.trainer.metric.HitRate;
import io.saviorrec.trainer.ranker.Predictor;
import io.saviorrec.trainer.torch.ScriptModule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A bundle's figures on one period of a data set, beside those of scores that need no model.
///
/// @param references AUC of `item_ctr` (the item's smoothed click rate), `pctr_base` and, on
///   synthetic data, `oracle` (the true click probability) on the same impressions
/// @param referencesGauc the same in GAUC
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
    FallbackMeasures unknown) {

  /// Impressions of items with a certain number of page views before the period.
  ///
  /// @param auc null where only one class is present
  public record Bucket(String name, long samples, @Nullable Double auc) {}

  private static final int NEIGHBOURS = 30;

  public static Evaluation of(Bundle bundle, DataSet data, Split split, PvBuckets buckets) {
    ImpressionLog log = data.log();
    long from = split.from(data.cuts());
    long until = split.until(data.cuts());
    int first = log.firstPageAt(from);
    int end = log.firstPageAt(until);
    if (log.pageStart[first] == log.pageStart[end]) {
      throw new UserError(
          data.name() + " has no impressions in its " + split + " period; choose another --split");
    }
    BundleItems items = BundleItems.of(bundle, data.items());
    Predictor predictor =
        new Predictor(
            ScriptModule.load(bundle.path(Bundle.RANKER)),
            bundle.manifest().dims().historyLength(),
            items.features(data.items(), data.schema()),
            log,
            data.statistics(),
            tastes(bundle, data, items));
    float[] predictions = predictor.predict(from, until);
    RankingMetrics metrics = RankingMetrics.of(log, from, until, predictions);
    boolean[] labels = RankingMetrics.labels(log, from, until);
    long[] users = RankingMetrics.users(log, from, until);
    Map<String, Double> references = new LinkedHashMap<>();
    Map<String, Double> referencesGauc = new LinkedHashMap<>();
    references(data, from, until)
        .forEach(
            (name, scores) -> {
              references.put(name, Auc.of(scores, labels));
              referencesGauc.put(name, GroupedAuc.of(scores, labels, users));
            });
    return new Evaluation(
        metrics.auc(),
        metrics.gauc(),
        metrics.logLoss(),
        metrics.pcoc(),
        hitRate(log, items, from, until),
        metrics.samples(),
        buckets(data, buckets, from, predictions, labels),
        references,
        referencesGauc,
        unknown(bundle, data, items, predictor, predictions, from, until));
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
              data.log(),
              new FallbackTrial.Model(table, shared, contract, data.schema()),
              from,
              until)
          .measure(bundle.manifest().fallback(), predictions);
    }
  }

  private static Map<String, float[]> references(DataSet data, long from, long until) {
    Map<String, float[]> references = new LinkedHashMap<>();
    references.put("item_ctr", itemCtr(data, from, until));
    ImpressionLog log = data.log();
    int first = log.pageStart[log.firstPageAt(from)];
    int end = log.pageStart[log.firstPageAt(until)];
    float[] base = Arrays.copyOfRange(log.pctrBase, first, end);
    boolean complete = true;
    for (float p : base) {
      complete &= !Float.isNaN(p);
    }
    if (complete) {
      references.put("pctr_base", base);
    }
    data.truth()
        .ifPresent(truth -> references.put("oracle", Arrays.copyOfRange(truth, first, end)));
    return references;
  }

  /// The item's click rate of strictly earlier days, smoothed towards the training period's.
  private static float[] itemCtr(DataSet data, long from, long until) {
    ImpressionLog log = data.log();
    int trainFrom = log.pageStart[log.firstPageAt(data.cuts().warmupUntil())];
    int trainUntil = log.pageStart[log.firstPageAt(data.cuts().validationFrom())];
    long clicks = 0;
    for (int i = trainFrom; i < trainUntil; i++) {
      clicks += log.clicked[i] ? 1 : 0;
    }
    double prior = clicks / (double) Math.max(1, trainUntil - trainFrom);
    int first = log.firstPageAt(from);
    int end = log.firstPageAt(until);
    float[] rates = new float[log.pageStart[end] - log.pageStart[first]];
    float[] stats = new float[ItemStatistics.WIDTH];
    int at = 0;
    for (int page = first; page < end; page++) {
      for (int i = log.pageStart[page]; i < log.pageStart[page + 1]; i++) {
        data.statistics().at(log.sampleItem[i], log.pageDay[page], stats, 0);
        rates[at++] =
            (float)
                ClickRate.smoothed(stats[ItemStatistics.CLICKS], stats[ItemStatistics.PV], prior);
      }
    }
    return rates;
  }

  static List<Bucket> buckets(
      DataSet data, PvBuckets buckets, long from, float[] predictions, boolean[] labels) {
    ImpressionLog log = data.log();
    int start = log.pageStart[log.firstPageAt(from)];
    List<String> names = buckets.names();
    int[] bucketOf = new int[predictions.length];
    int[] sizes = new int[names.size()];
    for (int i = 0; i < predictions.length; i++) {
      bucketOf[i] = buckets.of(data.statistics().pvBefore(log.sampleItem[start + i], from));
      sizes[bucketOf[i]]++;
    }
    List<Bucket> result = new ArrayList<>();
    for (int bucket = 0; bucket < names.size(); bucket++) {
      float[] scores = new float[sizes[bucket]];
      boolean[] clicks = new boolean[sizes[bucket]];
      int at = 0;
      for (int i = 0; i < predictions.length; i++) {
        if (bucketOf[i] == bucket) {
          scores[at] = predictions[i];
          clicks[at++] = labels[i];
        }
      }
      double auc = Auc.of(scores, clicks);
      result.add(new Bucket(names.get(bucket), sizes[bucket], Double.isNaN(auc) ? null : auc));
    }
    return result;
  }

  /// Hit@30 over the clicks of the period, each with the same user's click right before it.
  private static double hitRate(ImpressionLog log, BundleItems items, long from, long until) {
    List<int[]> pairs = new ArrayList<>();
    for (int page = log.firstPageAt(from); page < log.firstPageAt(until); page++) {
      int last = log.historyEnd[page] - 1;
      if (last < log.historyStart[page]) {
        continue;
      }
      int query = log.clickItem[last];
      for (int i = log.pageStart[page]; i < log.pageStart[page + 1]; i++) {
        if (log.clicked[i]) {
          pairs.add(new int[] {query, log.sampleItem[i]});
          query = log.sampleItem[i];
        }
      }
    }
    int[] queries = pairs.stream().mapToInt(pair -> pair[0]).toArray();
    int[] next = pairs.stream().mapToInt(pair -> pair[1]).toArray();
    return HitRate.of(items.z(), items.zDim(), queries, next, NEIGHBOURS);
  }
}
