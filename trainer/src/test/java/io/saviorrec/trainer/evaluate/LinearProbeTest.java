package io.saviorrec.trainer.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class LinearProbeTest {
  private static final int ITEMS = 400;
  private static final int DIM = 5;
  private static final int[] FITTED = IntStream.range(0, 300).toArray();
  private static final int[] MEASURED = IntStream.range(300, ITEMS).toArray();

  private final Random random = new Random(1);
  private final float[] z = rows();

  @BeforeAll
  static void useOneThread() {
    torch.set_num_threads(1);
  }

  /// Rows with a mean, whose columns differ in size and go together.
  private float[] rows() {
    float[] rows = new float[ITEMS * DIM];
    for (int item = 0; item < ITEMS; item++) {
      double common = random.nextGaussian();
      for (int d = 0; d < DIM; d++) {
        rows[item * DIM + d] = (float) (3 + (d + 1) * (random.nextGaussian() + common));
      }
    }
    return rows;
  }

  @Test
  void rSquaredIsThatOfPlainRidgeRegression() {
    float[] target = new float[ITEMS];
    for (int item = 0; item < ITEMS; item++) {
      target[item] =
          (float) (2 + z[item * DIM] - .5 * z[item * DIM + 3] + 2 * random.nextGaussian());
    }
    double expected = plainRSquared(target);
    assertThat(expected).isBetween(0.2, 0.8);
    try (LinearProbe probe = new LinearProbe(z, DIM, FITTED, MEASURED)) {
      assertThat(probe.rSquared(target)).isCloseTo(expected, within(1e-4));
    }
  }

  /// Normal equations on centred columns with a ridge, by Gauss-Jordan elimination.
  private double plainRSquared(float[] target) {
    double[] mean = new double[DIM];
    double level = 0;
    for (int item : FITTED) {
      level += target[item] / FITTED.length;
      for (int d = 0; d < DIM; d++) {
        mean[d] += z[item * DIM + d] / FITTED.length;
      }
    }
    double[][] system = new double[DIM][DIM + 1];
    double spread = 0;
    for (int item : FITTED) {
      for (int i = 0; i < DIM; i++) {
        double x = z[item * DIM + i] - mean[i];
        spread += x * x / FITTED.length / DIM;
        for (int j = 0; j < DIM; j++) {
          system[i][j] += x * (z[item * DIM + j] - mean[j]) / FITTED.length;
        }
        system[i][DIM] += x * (target[item] - level) / FITTED.length;
      }
    }
    for (int i = 0; i < DIM; i++) {
      system[i][i] += 1e-4 * spread;
    }
    for (int pivot = 0; pivot < DIM; pivot++) {
      for (int row = 0; row < DIM; row++) {
        double factor = row == pivot ? 0 : system[row][pivot] / system[pivot][pivot];
        for (int column = 0; column <= DIM; column++) {
          system[row][column] -= factor * system[pivot][column];
        }
      }
    }
    double error = 0;
    double variance = 0;
    double average = IntStream.of(MEASURED).mapToDouble(item -> target[item]).average().orElse(0);
    for (int item : MEASURED) {
      double predicted = level;
      for (int d = 0; d < DIM; d++) {
        predicted += system[d][DIM] / system[d][d] * (z[item * DIM + d] - mean[d]);
      }
      error += Math.pow(predicted - target[item], 2);
      variance += Math.pow(average - target[item], 2);
    }
    return 1 - error / variance;
  }

  @Test
  void findsKindsThatALineSeparatesAndNoOthers() {
    int[] side = new int[ITEMS];
    int[] parity = new int[ITEMS];
    for (int item = 0; item < ITEMS; item++) {
      double along = (z[item * DIM] - 3) / 1.4 - (z[item * DIM + 4] - 3) / 7;
      side[item] = along < -.5 ? 0 : along < .5 ? 1 : 2;
      parity[item] = random.nextInt(2);
    }
    try (LinearProbe probe = new LinearProbe(z, DIM, FITTED, MEASURED)) {
      assertThat(probe.accuracy(side)).isGreaterThan(0.9);
      assertThat(probe.accuracy(parity)).isBetween(0.3, 0.7);
    }
  }

  /// Logistic regression with the same penalty by many plain small steps.
  @Test
  void classifiesLikePlainGradientDescent() {
    int[] kind = new int[ITEMS];
    for (int item = 0; item < ITEMS; item++) {
      double score = z[item * DIM + 1] - 3 + 4 * random.nextGaussian();
      kind[item] = score < -2 ? 0 : score < 2 ? 1 : 2;
    }
    float[] white = new float[ITEMS * DIM];
    Random gaussian = new Random(2);
    for (int i = 0; i < white.length; i++) {
      white[i] = (float) gaussian.nextGaussian();
    }
    for (int item = 0; item < ITEMS; item++) {
      white[item * DIM + 1] = (float) ((z[item * DIM + 1] - 3) / 2.83);
    }
    try (LinearProbe probe = new LinearProbe(white, DIM, FITTED, MEASURED)) {
      assertThat(probe.accuracy(kind))
          .isCloseTo(plainAccuracy(white, kind), within(1.5 / MEASURED.length));
    }
  }

  private static double plainAccuracy(float[] x, int[] kind) {
    double[][] w = new double[3][DIM + 1];
    for (int step = 0; step < 2000; step++) {
      double[][] gradient = new double[3][DIM + 1];
      for (int item : FITTED) {
        double[] p = probabilities(x, item, w);
        for (int c = 0; c < 3; c++) {
          double error = (p[c] - (kind[item] == c ? 1 : 0)) / FITTED.length;
          for (int d = 0; d < DIM; d++) {
            gradient[c][d] += error * x[item * DIM + d];
          }
          gradient[c][DIM] += error;
        }
      }
      for (int c = 0; c < 3; c++) {
        for (int d = 0; d <= DIM; d++) {
          w[c][d] -= .5 * (gradient[c][d] + 1e-3 * w[c][d]);
        }
      }
    }
    int right = 0;
    for (int item : MEASURED) {
      double[] p = probabilities(x, item, w);
      int best = p[0] >= p[1] && p[0] >= p[2] ? 0 : p[1] >= p[2] ? 1 : 2;
      right += best == kind[item] ? 1 : 0;
    }
    return (double) right / MEASURED.length;
  }

  private static double[] probabilities(float[] x, int item, double[][] w) {
    double[] p = new double[3];
    double total = 0;
    for (int c = 0; c < 3; c++) {
      double score = w[c][DIM];
      for (int d = 0; d < DIM; d++) {
        score += w[c][d] * x[item * DIM + d];
      }
      p[c] = Math.exp(score);
      total += p[c];
    }
    for (int c = 0; c < 3; c++) {
      p[c] /= total;
    }
    return p;
  }

  @Test
  void aColumnWithoutVarianceDoesNoHarm() {
    float[] flat = z.clone();
    float[] target = new float[ITEMS];
    for (int item = 0; item < ITEMS; item++) {
      flat[item * DIM + 2] = 1;
      target[item] = z[item * DIM];
    }
    try (LinearProbe probe = new LinearProbe(flat, DIM, FITTED, MEASURED)) {
      assertThat(probe.rSquared(target)).isGreaterThan(0.99);
      assertThat(probe.rSquared(new float[ITEMS])).isZero();
    }
  }

  @Test
  void effectiveRankCountsTheDirectionsThatAreUsed() {
    float[] even = new float[4 * 6];
    float[] line = new float[4 * 6];
    for (int d = 0; d < 3; d++) {
      even[2 * d * 4 + d] = 2;
      even[(2 * d + 1) * 4 + d] = -2;
      line[2 * d * 4] = 2 + d;
      line[(2 * d + 1) * 4] = -2 - d;
    }
    assertThat(LinearProbe.effectiveRank(even, 4)).isCloseTo(3, within(1e-6));
    assertThat(LinearProbe.effectiveRank(line, 4)).isCloseTo(1, within(1e-6));
  }
}
