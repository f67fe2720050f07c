package io.saviorrec.trainer.evaluate;

import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.ClickRate;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.ItemStatistics;
import io.saviorrec.trainer.metric.Auc;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/// Scores of logged impressions that need no model: what a model must beat to be of use.
public final class PlainScores {
  /// The item's click rate of strictly earlier days, smoothed towards the training period's.
  public static final String ITEM_CTR = "item_ctr";

  /// The score of the model that is in production.
  public static final String PCTR_BASE = "pctr_base";

  private PlainScores() {}

  /// The scores of the impressions of times `[from, until)` by name, in the log's order;
  /// `pctr_base` only where every one of them has it.
  public static Map<String, float[]> of(DataSet data, long from, long until) {
    Map<String, float[]> scores = new LinkedHashMap<>();
    scores.put(ITEM_CTR, itemCtr(data, from, until));
    ImpressionLog log = data.log();
    float[] base =
        Arrays.copyOfRange(
            log.pctrBase,
            log.pageStart[log.firstPageAt(from)],
            log.pageStart[log.firstPageAt(until)]);
    boolean complete = true;
    for (float p : base) {
      complete &= !Float.isNaN(p);
    }
    if (complete) {
      scores.put(PCTR_BASE, base);
    }
    return scores;
  }

  /// The AUC of each, by name; NaN where nothing or everything was clicked.
  public static Map<String, Double> auc(DataSet data, long from, long until) {
    boolean[] labels = RankingMetrics.labels(data.log(), from, until);
    Map<String, Double> auc = new LinkedHashMap<>();
    of(data, from, until).forEach((name, scores) -> auc.put(name, Auc.of(scores, labels)));
    return auc;
  }

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
}
