package io.saviorrec.trainer.train;

import io.saviorrec.trainer.data.DataSet;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.Tastes;
import io.saviorrec.trainer.evaluate.PlainScores;
import io.saviorrec.trainer.evaluate.RankingMetrics;
import io.saviorrec.trainer.evaluate.ScoreCalibration;
import io.saviorrec.trainer.ranker.CalibrationKind;
import io.saviorrec.trainer.ranker.ItemFeatures;
import io.saviorrec.trainer.ranker.Predictor;
import io.saviorrec.trainer.ranker.Ranker;
import java.util.Map;
import java.util.TreeMap;

/// How well a ranker does on the validation period, beside scores that need no model; and its
/// calibration, which is fitted there.
final class Validation {
  private Validation() {}

  /// Measures a ranker and calibrates it.
  ///
  /// @return the metrics by the names that a manifest has; none where the period is empty
  static Map<String, Double> of(DataSet data, Ranker ranker, ItemFeatures features, Tastes tastes) {
    long from = data.cuts().validationFrom();
    long until = data.cuts().testFrom();
    ImpressionLog log = data.stored().sample(from, until);
    if (log.samples() == 0) {
      return Map.of();
    }
    float[] predictions =
        new Predictor(
                ranker.module(),
                ranker.config().historyLength(),
                features,
                log,
                data.statistics(),
                tastes)
            .predict(from, until);
    Map<String, Double> metrics =
        new TreeMap<>(RankingMetrics.of(log, from, until, predictions).asMap(Verdict.PERIOD));
    metrics.putAll(Verdict.references(PlainScores.auc(data, log)));
    CalibrationKind kind = ranker.config().calibration();
    if (kind != CalibrationKind.NONE) {
      ScoreCalibration calibration = ScoreCalibration.of(kind, log, predictions);
      ranker.calibrate(calibration.curve());
      metrics.putAll(calibration.asMap(Verdict.PERIOD));
    }
    return metrics;
  }
}
