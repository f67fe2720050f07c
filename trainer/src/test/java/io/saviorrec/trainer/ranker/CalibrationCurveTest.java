package io.saviorrec.trainer.ranker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.trainer.metric.Auc;
import io.saviorrec.trainer.metric.Calibration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CalibrationCurveTest {
  private static final int SIZE = 60_000;

  /// Predictions, and clicks by another probability than was predicted.
  private static final class Sample {
    final float[] predictions = new float[SIZE];
    final boolean[] clicked = new boolean[SIZE];

    /// @param slope and shift make the predicted logit a true one
    /// @param curvature times its square too
    Sample(long seed, double slope, double shift, double curvature) {
      Random random = new Random(seed);
      for (int i = 0; i < SIZE; i++) {
        double logit = 1.5 * random.nextGaussian() - 1;
        predictions[i] = (float) sigmoid(logit);
        double truth = sigmoid(slope * logit + shift + curvature * logit * logit);
        clicked[i] = random.nextDouble() < truth;
      }
    }
  }

  private static double sigmoid(double logit) {
    return 1 / (1 + Math.exp(-logit));
  }

  private static float[] calibrated(CalibrationCurve curve, float[] predictions) {
    float[] calibrated = new float[predictions.length];
    for (int i = 0; i < calibrated.length; i++) {
      calibrated[i] = curve.of(predictions[i]);
    }
    return calibrated;
  }

  @Test
  void plattFindsTheLineThatClicksFollow() {
    Sample sample = new Sample(1, 0.6, -0.4, 0);
    CalibrationCurve curve =
        CalibrationCurve.fit(CalibrationKind.PLATT, sample.predictions, sample.clicked);
    assertThat(curve.slope(0)).isCloseTo(0.6, within(0.02));
    assertThat(curve.to()[0]).isCloseTo(-0.4, within(0.03));
  }

  @Test
  void isotonicFindsACurveThatIsNoLine() {
    Sample sample = new Sample(2, 1.2, -0.5, 0.15);
    CalibrationCurve curve =
        CalibrationCurve.fit(CalibrationKind.ISOTONIC, sample.predictions, sample.clicked);
    CalibrationCurve line =
        CalibrationCurve.fit(CalibrationKind.PLATT, sample.predictions, sample.clicked);
    Sample other = new Sample(3, 1.2, -0.5, 0.15);
    assertThat(Calibration.logLoss(calibrated(curve, other.predictions), other.clicked))
        .isLessThan(Calibration.logLoss(calibrated(line, other.predictions), other.clicked))
        .isLessThan(Calibration.logLoss(other.predictions, other.clicked));
    assertThat(Calibration.pcoc(calibrated(curve, other.predictions), other.clicked))
        .isCloseTo(1, within(0.03));
  }

  @ParameterizedTest
  @EnumSource(CalibrationKind.class)
  void noTwoScoresChangePlaces(CalibrationKind kind) {
    Sample sample = new Sample(4, 0.8, 0.3, 0);
    CalibrationCurve curve = CalibrationCurve.fit(kind, sample.predictions, sample.clicked);
    assertThat(Auc.of(calibrated(curve, sample.predictions), sample.clicked))
        .isCloseTo(Auc.of(sample.predictions, sample.clicked), within(1e-6));
    float before = 0;
    for (int i = 1; i < 1000; i++) {
      float now = curve.of(i / 1000f);
      assertThat(now).isGreaterThan(before);
      before = now;
    }
  }

  /// Scores that rank the wrong way round cannot be put right by a rising curve.
  @ParameterizedTest
  @EnumSource(CalibrationKind.class)
  void risesEvenWhereClicksFall(CalibrationKind kind) {
    Sample sample = new Sample(5, -1, 0, 0);
    CalibrationCurve curve = CalibrationCurve.fit(kind, sample.predictions, sample.clicked);
    assertThat(curve.of(0.2f)).isLessThan(curve.of(0.8f));
  }

  @ParameterizedTest
  @EnumSource(CalibrationKind.class)
  void leavesScoresAloneWithoutClicks(CalibrationKind kind) {
    CalibrationCurve curve =
        CalibrationCurve.fit(kind, new float[] {0.1f, 0.7f}, new boolean[] {false, false});
    assertThat(curve.of(0.1f)).isEqualTo(0.1f);
  }

  @Test
  void staysAProbabilityAtTheEnds() {
    Sample sample = new Sample(6, 0.6, -0.4, 0);
    for (CalibrationKind kind : CalibrationKind.values()) {
      CalibrationCurve curve = CalibrationCurve.fit(kind, sample.predictions, sample.clicked);
      assertThat(curve.of(0f)).isBetween(0f, 0.1f);
      assertThat(curve.of(1f)).isBetween(0.6f, 1f);
    }
  }

  @Test
  void refusesKnotsThatDoNotRise() {
    assertThatThrownBy(() -> new CalibrationCurve(new double[] {0, 1}, new double[] {1, 1}))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
