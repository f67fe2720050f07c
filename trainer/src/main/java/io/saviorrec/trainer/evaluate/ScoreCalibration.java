package io.saviorrec.trainer.evaluate;

import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.fallback.FallbackFit;
import io.saviorrec.trainer.metric.Calibration;
import io.saviorrec.trainer.ranker.CalibrationCurve;
import io.saviorrec.trainer.ranker.CalibrationKind;
import java.util.Arrays;
import java.util.Map;

/// The calibration of a ranker on the validation period, which it did not learn from.
///
/// What it is worth is measured on users that it was not fitted to: a curve is fitted to either
/// half of them and tried on the other.
///
/// @param curve fitted to all of the period
/// @param logLoss of the scores as the other half's curve leaves them
/// @param pcoc of the same
public record ScoreCalibration(CalibrationCurve curve, double logLoss, double pcoc) {
  /// Fits the curves and measures them.
  ///
  /// @param log the period's impressions alone
  /// @param predictions of these
  public static ScoreCalibration of(CalibrationKind kind, ImpressionLog log, float[] predictions) {
    boolean[] even = evenUsers(log);
    CalibrationCurve ofEven = half(kind, log, predictions, even, true);
    CalibrationCurve ofOdd = half(kind, log, predictions, even, false);
    float[] calibrated = new float[predictions.length];
    for (int i = 0; i < calibrated.length; i++) {
      calibrated[i] = (even[i] ? ofOdd : ofEven).of(predictions[i]);
    }
    return new ScoreCalibration(
        CalibrationCurve.fit(kind, predictions, log.clicked),
        Calibration.logLoss(calibrated, log.clicked),
        Calibration.pcoc(calibrated, log.clicked));
  }

  /// The figures by name.
  public Map<String, Double> asMap(String prefix) {
    return Map.of(prefix + "calibrated_logloss", logLoss, prefix + "calibrated_pcoc", pcoc);
  }

  private static CalibrationCurve half(
      CalibrationKind kind, ImpressionLog log, float[] predictions, boolean[] even, boolean which) {
    int size = 0;
    float[] some = new float[predictions.length];
    boolean[] clicked = new boolean[predictions.length];
    for (int i = 0; i < predictions.length; i++) {
      if (even[i] == which) {
        some[size] = predictions[i];
        clicked[size++] = log.clicked[i];
      }
    }
    return CalibrationCurve.fit(kind, Arrays.copyOf(some, size), Arrays.copyOf(clicked, size));
  }

  /// Whether each impression is one of the first half of the users.
  private static boolean[] evenUsers(ImpressionLog log) {
    boolean[] even = new boolean[log.samples()];
    for (int page = 0; page < log.pages(); page++) {
      Arrays.fill(
          even,
          log.pageStart[page],
          log.pageStart[page + 1],
          FallbackFit.isEven(log.pageUser[page]));
    }
    return even;
  }
}
