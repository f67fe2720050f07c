package io.saviorrec.trainer.evaluate;

import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.ClickRate;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.ItemStatistics;
import io.saviorrec.trainer.metric.Auc;
import java.util.LinkedHashMap;
import java.util.Map;

/// Scores of logged impressions that need no model: what a model must beat to be of use.
public final class PlainScores {
  /// The item's click rate of strictly earlier days, smoothed towards the training period's.
  public static final String ITEM_CTR = "item_ctr";

  /// The score of the model that is in production.
  public static final String PCTR_BASE = "pctr_base";

  private PlainScores() {}

  /// The scores of the impressions of a log by name; `pctr_base` only where every one of them has
  /// it.
  public static Map<String, float[]> of(DataSet data, ImpressionLog log) {
    Map<String, float[]> scores = new LinkedHashMap<>();
    scores.put(ITEM_CTR, itemCtr(data, log));
    boolean complete = true;
    for (float p : log.pctrBase) {
      complete &= !Float.isNaN(p);
    }
    if (complete) {
      scores.put(PCTR_BASE, log.pctrBase);
    }
    return scores;
  }

  /// The AUC of each on the impressions of times `[from, until)`, by name; NaN where nothing or
  /// everything was clicked.
  public static Map<String, Double> auc(DataSet data, long from, long until) {
    return auc(data, data.stored().sample(from, until));
  }

  /// The same on the impressions of a log.
  public static Map<String, Double> auc(DataSet data, ImpressionLog log) {
    Map<String, Double> auc = new LinkedHashMap<>();
    of(data, log).forEach((name, scores) -> auc.put(name, Auc.of(scores, log.clicked)));
    return auc;
  }

  /// The item's click rate of strictly earlier days, smoothed towards the training period's.
  private static float[] itemCtr(DataSet data, ImpressionLog log) {
    long trainFrom = data.cuts().warmupUntil();
    long trainUntil = data.cuts().validationFrom();
    double prior =
        data.stored().clicks(trainFrom, trainUntil)
            / (double) Math.max(1, data.stored().impressions(trainFrom, trainUntil));
    float[] rates = new float[log.samples()];
    float[] stats = new float[ItemStatistics.WIDTH];
    int at = 0;
    for (int page = 0; page < log.pages(); page++) {
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
