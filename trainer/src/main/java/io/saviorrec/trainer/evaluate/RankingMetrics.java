package io.saviorrec.trainer.evaluate;

import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.metric.Auc;
import io.saviorrec.trainer.metric.Calibration;
import io.saviorrec.trainer.metric.GroupedAuc;
import java.util.Arrays;
import java.util.Map;

/// How good predictions are over a period of a log.
///
/// @param auc in [0, 1]
/// @param gauc AUC within users, weighted by impressions
/// @param logLoss nats
/// @param pcoc predicted over observed clicks
public record RankingMetrics(long samples, double auc, double gauc, double logLoss, double pcoc) {

  /// Measures predictions of the impressions of times `[from, until)`, in the log's order.
  public static RankingMetrics of(ImpressionLog log, long from, long until, float[] predictions) {
    boolean[] labels = labels(log, from, until);
    return new RankingMetrics(
        labels.length,
        Auc.of(predictions, labels),
        GroupedAuc.of(predictions, labels, users(log, from, until)),
        Calibration.logLoss(predictions, labels),
        Calibration.pcoc(predictions, labels));
  }

  /// The metrics under these names with a prefix.
  public Map<String, Double> asMap(String prefix) {
    return Map.of(
        prefix + "auc", auc,
        prefix + "gauc", gauc,
        prefix + "logloss", logLoss,
        prefix + "pcoc", pcoc,
        prefix + "samples", (double) samples);
  }

  /// Whether each impression was clicked.
  public static boolean[] labels(ImpressionLog log, long from, long until) {
    return Arrays.copyOfRange(
        log.clicked, log.pageStart[log.firstPageAt(from)], log.pageStart[log.firstPageAt(until)]);
  }

  /// The user of each impression.
  public static long[] users(ImpressionLog log, long from, long until) {
    int first = log.firstPageAt(from);
    int end = log.firstPageAt(until);
    long[] users = new long[log.pageStart[end] - log.pageStart[first]];
    for (int page = first; page < end; page++) {
      Arrays.fill(
          users,
          log.pageStart[page] - log.pageStart[first],
          log.pageStart[page + 1] - log.pageStart[first],
          log.pageUser[page]);
    }
    return users;
  }
}
