package io.saviorrec.trainer.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ClickMetricsTest {
  private static final double CLOSE = 1e-7;

  @Test
  void agreesWithScikitLearnOnAFixedExample() {
    boolean[] labels = FixedScores.labels();
    ClickMetrics metrics = ClickMetrics.of(FixedScores.first(), labels, new long[labels.length]);
    assertThat(metrics.samples()).isEqualTo(40);
    assertThat(metrics.clicks()).isEqualTo(15);
    assertThat(metrics.auc()).isCloseTo(0.7773333333333333, within(1e-12));
    assertThat(metrics.logLoss()).isCloseTo(0.4663670034720484, within(CLOSE));
    assertThat(metrics.normalizedEntropy()).isCloseTo(0.7049469749416145, within(CLOSE));
    assertThat(Auc.of(FixedScores.second(), labels)).isCloseTo(0.33333333333333337, within(1e-12));
    assertThat(Calibration.logLoss(FixedScores.second(), labels))
        .isCloseTo(0.9950059802498963, within(CLOSE));
  }

  /// Eight bins of five, as `calibration_curve` makes them by quantiles.
  @Test
  void binsAreThoseOfScikitLearn() {
    List<Calibration.Bin> bins = Calibration.bins(FixedScores.first(), FixedScores.labels(), 8);
    double[] predicted = {
      0.12356436, 0.20831683, 0.24910891, 0.31089109, 0.41663367, 0.52752475, 0.83524752, 0.95047525
    };
    double[] observed = {0, .4, .4, .2, 0, 0, 1, 1};
    double error = 0;
    for (int b = 0; b < 8; b++) {
      assertThat(bins.get(b).samples()).isEqualTo(5);
      assertThat(bins.get(b).predicted()).isCloseTo(predicted[b], within(CLOSE));
      assertThat(bins.get(b).observed()).isCloseTo(observed[b], within(CLOSE));
      error += Math.abs(bins.get(b).predicted() - bins.get(b).observed()) / 8;
    }
    assertThat(error).isCloseTo(0.2169331692159176, within(CLOSE));
  }

  @Test
  void everyImpressionIsInOneBinOfNearlyEqualMass() {
    Random random = new Random(4);
    for (int size : new int[] {1, 14, 15, 16, 1000, 1007}) {
      float[] scores = new float[size];
      boolean[] labels = new boolean[size];
      for (int i = 0; i < size; i++) {
        scores[i] = random.nextInt(30) / 30f;
        labels[i] = random.nextBoolean();
      }
      List<Calibration.Bin> bins = Calibration.bins(scores, labels, Calibration.BINS);
      assertThat(bins).hasSize(Math.min(size, Calibration.BINS));
      assertThat(bins.stream().mapToLong(Calibration.Bin::samples).sum()).isEqualTo(size);
      long most = bins.stream().mapToLong(Calibration.Bin::samples).max().orElseThrow();
      long fewest = bins.stream().mapToLong(Calibration.Bin::samples).min().orElseThrow();
      assertThat(most - fewest).isLessThanOrEqualTo(1);
      for (int b = 1; b < bins.size(); b++) {
        assertThat(bins.get(b).predicted()).isGreaterThanOrEqualTo(bins.get(b - 1).predicted());
      }
    }
  }

  @Test
  void theClickRateItselfHasANormalizedEntropyOfOneAndNoCalibrationError() {
    boolean[] labels = new boolean[60];
    float[] scores = new float[60];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = i % 4 == 0;
      scores[i] = 0.25f;
    }
    assertThat(Calibration.normalizedEntropy(scores, labels)).isCloseTo(1, within(1e-9));
    assertThat(Calibration.expectedError(scores, labels)).isCloseTo(0, within(1e-9));
    assertThat(Calibration.normalizedEntropy(scores, new boolean[60])).isNaN();
    assertThat(Calibration.expectedError(new float[0], new boolean[0])).isNaN();
  }

  @Test
  void groupedAucTakesUsersAlikeWhenItIsNotWeighted() {
    // User 1: perfect, 2 impressions. User 2: one of two pairs right, 3. User 3: one class only.
    long[] users = {2, 1, 2, 3, 1, 2, 3};
    float[] scores = {0.5f, 0.9f, 0.1f, 0.7f, 0.2f, 0.3f, 0.8f};
    boolean[] labels = {false, true, false, true, false, true, true};
    ClickMetrics metrics = ClickMetrics.of(scores, labels, users);
    assertThat(metrics.gauc()).isCloseTo((2 * 1 + 3 * 0.5) / 5, within(1e-12));
    assertThat(metrics.gaucUnweighted()).isCloseTo((1 + 0.5) / 2, within(1e-12));
  }
}
