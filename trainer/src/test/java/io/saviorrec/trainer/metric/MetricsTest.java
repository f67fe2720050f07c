package io.saviorrec.trainer.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.bundle.FloatRows;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MetricsTest {
  /// The share of pairs of a positive and a negative that stand in the right order.
  private static double pairs(float[] scores, boolean[] labels) {
    double right = 0;
    long pairs = 0;
    for (int i = 0; i < scores.length; i++) {
      for (int j = 0; j < scores.length; j++) {
        if (labels[i] && !labels[j]) {
          pairs++;
          right += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
        }
      }
    }
    return right / pairs;
  }

  @Test
  void aucIsTheShareOfPairsInOrderTiesCountingHalf() {
    Random random = new Random(1);
    for (int round = 0; round < 50; round++) {
      int size = 2 + random.nextInt(60);
      // Few different values, both signs: many ties.
      int values = 1 + random.nextInt(9);
      float[] scores = new float[size];
      boolean[] labels = new boolean[size];
      for (int i = 0; i < size; i++) {
        scores[i] = (random.nextInt(values) - values / 2) / 3f;
        labels[i] = random.nextInt(3) == 0;
      }
      labels[0] = true;
      labels[1] = false;
      assertThat(Auc.of(scores, labels)).isCloseTo(pairs(scores, labels), within(1e-12));
    }
  }

  /// The rank sum of 123,000 tied samples does not fit an int.
  @Test
  void aucOfOneScoreForEverythingIsOneHalfHoweverManySamples() {
    int size = 123_000;
    float[] scores = new float[size];
    boolean[] labels = new boolean[size];
    for (int i = 0; i < size; i++) {
      scores[i] = 0.25f;
      labels[i] = i % 5 < 2;
    }
    assertThat(Auc.of(scores, labels)).isEqualTo(0.5);
    assertThat(GroupedAuc.of(scores, labels, new long[size])).isEqualTo(0.5);
  }

  /// Against counts of each score: a positive beats the negatives below it and half of those beside
  /// it.
  @Test
  void aucOfAMillionScoresOfTwoDecimalsIsThatOfTheirHistogram() {
    int size = 1_000_000;
    Random random = new Random(2);
    float[] scores = new float[size];
    boolean[] labels = new boolean[size];
    long[] positives = new long[101];
    long[] negatives = new long[101];
    for (int i = 0; i < size; i++) {
      int hundredths = random.nextInt(101);
      scores[i] = hundredths / 100f;
      labels[i] = random.nextInt(300) < 50 + hundredths;
      (labels[i] ? positives : negatives)[hundredths]++;
    }
    double right = 0;
    long positive = 0;
    long below = 0;
    for (int value = 0; value <= 100; value++) {
      right += positives[value] * (below + negatives[value] / 2.0);
      below += negatives[value];
      positive += positives[value];
    }
    double expected = right / ((double) positive * below);
    assertThat(expected).isBetween(0.55, 0.65);
    assertThat(Auc.of(scores, labels)).isCloseTo(expected, within(1e-12));
    assertThat(GroupedAuc.of(scores, labels, new long[size])).isCloseTo(expected, within(1e-12));
  }

  @Test
  void aucTakesBothZerosForOneValueAndOrdersInfinities() {
    assertThat(Auc.of(new float[] {0f, -0f}, new boolean[] {true, false})).isEqualTo(0.5);
    assertThat(
            Auc.of(
                new float[] {Float.NEGATIVE_INFINITY, -1, Float.MIN_VALUE, Float.POSITIVE_INFINITY},
                new boolean[] {false, false, true, true}))
        .isEqualTo(1);
  }

  @Test
  void aucOfOneClassIsNoNumberAndNoScoreMayBeNone() {
    assertThat(Auc.of(new float[] {1, 2}, new boolean[] {true, true})).isNaN();
    assertThat(Auc.of(new float[0], new boolean[0])).isNaN();
    assertThatThrownBy(() -> Auc.of(new float[] {1, Float.NaN}, new boolean[] {true, false}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("score 1 is not a number");
    assertThatThrownBy(() -> Auc.of(new float[1], new boolean[2]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void groupedAucWeighsUsersWithBothClassesByTheirImpressions() {
    // User 1: perfect, 2 impressions. User 2: one of two pairs right, 3. User 3: one class only.
    long[] users = {2, 1, 2, 3, 1, 2, 3};
    float[] scores = {0.5f, 0.9f, 0.1f, 0.7f, 0.2f, 0.3f, 0.8f};
    boolean[] labels = {false, true, false, true, false, true, true};
    assertThat(GroupedAuc.of(scores, labels, users))
        .isCloseTo((2 * 1 + 3 * 0.5) / 5, within(1e-12));
    assertThat(GroupedAuc.of(new float[1], new boolean[1], new long[1])).isNaN();
  }

  @Test
  void logLossIsTheMeanCrossEntropyAndStaysFinite() {
    float[] probabilities = {0.25f, 0.5f};
    boolean[] labels = {true, false};
    assertThat(Calibration.logLoss(probabilities, labels))
        .isCloseTo((-Math.log(0.25) - Math.log(0.5)) / 2, within(1e-12));
    assertThat(Calibration.logLoss(new float[] {0, 1}, new boolean[] {true, false}))
        .isCloseTo(-Math.log(1e-7), within(1e-6));
  }

  @Test
  void pcocIsPredictedOverObservedClicks() {
    assertThat(
            Calibration.pcoc(new float[] {0.5f, 0.25f, 0.75f}, new boolean[] {true, false, true}))
        .isCloseTo(0.75, within(1e-12));
    assertThat(Calibration.pcoc(new float[] {0.5f}, new boolean[] {false})).isNaN();
  }

  @Test
  void aHitHasTheNextClickAmongTheNearestItems() {
    // Item 0's neighbours from near to far: 1, 2, 3.
    float[] z = new float[8];
    double[] degrees = {0, 10, 25, 90};
    for (int i = 0; i < degrees.length; i++) {
      z[2 * i] = (float) Math.cos(Math.toRadians(degrees[i]));
      z[2 * i + 1] = (float) Math.sin(Math.toRadians(degrees[i]));
    }
    FloatRows rows = FloatRows.of(z, 2);
    int[] queries = {0, 0, 0, 0};
    // The click on the item itself asks nothing.
    int[] next = {1, 2, 3, 0};
    assertThat(HitRate.of(rows, queries, next, 1)).isCloseTo(1 / 3.0, within(1e-12));
    assertThat(HitRate.of(rows, queries, next, 2)).isCloseTo(2 / 3.0, within(1e-12));
    assertThat(HitRate.of(rows, queries, next, 3)).isEqualTo(1);
    // From item 2 the nearest is 1 (15 degrees), then 0 (25), then 3.
    assertThat(HitRate.of(rows, new int[] {2, 2}, new int[] {0, 1}, 1)).isEqualTo(0.5);
    assertThat(HitRate.of(rows, new int[] {0}, new int[] {0}, 1)).isNaN();
  }

  @Test
  void laterClicksCountByTheShareThatIsAmongTheNearest() {
    Random random = new Random(8);
    int items = 70;
    int width = 5;
    float[] z = new float[items * width];
    for (int i = 0; i < items; i++) {
      double length = 0;
      for (int d = 0; d < width; d++) {
        z[i * width + d] = (float) random.nextGaussian();
        length += z[i * width + d] * z[i * width + d];
      }
      for (int d = 0; d < width; d++) {
        z[i * width + d] /= (float) Math.sqrt(length);
      }
    }
    int[][] clicks = new int[6][];
    for (int user = 0; user < clicks.length; user++) {
      clicks[user] = random.ints(user * 3L, 0, items).toArray();
    }
    int k = 7;
    long hits = 0;
    long pairs = 0;
    for (int user = 0; user < clicks.length; user++) {
      for (int i = 0; i < clicks[user].length; i++) {
        for (int j = i + 1; j < clicks[user].length; j++) {
          int query = clicks[user][i];
          int later = clicks[user][j];
          if (query != later) {
            pairs++;
            int closer = 0;
            for (int other = 0; other < items; other++) {
              if (other != query && dot(z, width, query, other) > dot(z, width, query, later)) {
                closer++;
              }
            }
            hits += closer < k ? 1 : 0;
          }
        }
      }
    }
    assertThat(pairs).isGreaterThan(100);
    assertThat(HitRate.ofLater(FloatRows.of(z, width), clicks, k))
        .isCloseTo(hits / (double) pairs, within(1e-12));
    assertThat(HitRate.ofLater(FloatRows.of(z, width), new int[][] {{3, 3}}, k)).isNaN();
  }

  private static float dot(float[] z, int width, int a, int b) {
    float sum = 0;
    for (int d = 0; d < width; d++) {
      sum += z[a * width + d] * z[b * width + d];
    }
    return sum;
  }
}
