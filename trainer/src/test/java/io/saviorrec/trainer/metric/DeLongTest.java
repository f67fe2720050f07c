package io.saviorrec.trainer.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DeLongTest {
  private static final double EXACT = 1e-10;

  /// What scikit-learn and scipy say of the same arrays; [ClickMetricsTest] has them too.
  @Test
  void agreesWithScipyOnAFixedExample() {
    DeLong.Result result =
        DeLong.of(FixedScores.first(), FixedScores.second(), FixedScores.labels());
    assertThat(result.difference()).isCloseTo(0.444, within(1e-9));
    assertThat(result.standardError()).isCloseTo(0.11145331430622092, within(1e-9));
    assertThat(result.pValue()).isCloseTo(6.784172254237915e-05, within(1e-12));
  }

  @Test
  void isTheDefinitionOverAllPairsWithTies() {
    Random random = new Random(5);
    for (int round = 0; round < 20; round++) {
      int size = 30 + random.nextInt(100);
      boolean[] labels = new boolean[size];
      float[] first = new float[size];
      float[] second = new float[size];
      for (int i = 0; i < size; i++) {
        labels[i] = i < 2 || (i > 3 && random.nextInt(3) == 0);
        first[i] = random.nextInt(12) / 12f;
        second[i] = (random.nextInt(12) + (labels[i] ? 3 : 0)) / 16f;
      }
      DeLong.Result fast = DeLong.of(first, second, labels);
      double[] plain = plain(List.of(first), List.of(second), labels);
      assertThat(fast.difference()).isCloseTo(plain[0], within(EXACT));
      assertThat(fast.standardError()).isCloseTo(plain[1], within(EXACT));
      assertThat(fast.difference())
          .isCloseTo(Auc.of(first, labels) - Auc.of(second, labels), within(EXACT));
    }
  }

  @Test
  void ofSeveralSeedsIsThatOfTheMeanDifference() {
    Random random = new Random(6);
    int size = 80;
    boolean[] labels = new boolean[size];
    float[][] scores = new float[4][size];
    for (int i = 0; i < size; i++) {
      labels[i] = i % 3 == 0;
      for (float[] each : scores) {
        each[i] = random.nextInt(20) + (labels[i] ? 4 : 0);
      }
    }
    List<float[]> first = List.of(scores[0], scores[1]);
    List<float[]> second = List.of(scores[2], scores[3]);
    DeLong.Result fast = DeLong.of(first, second, labels);
    double[] plain = plain(first, second, labels);
    assertThat(fast.difference()).isCloseTo(plain[0], within(EXACT));
    assertThat(fast.standardError()).isCloseTo(plain[1], within(EXACT));
  }

  /// Where nothing differs, p values are spread evenly: a twentieth is below .05.
  @Test
  void rejectsNoDifferenceAsOftenAsItSays() {
    Random random = new Random(7);
    int rounds = 400;
    int rejected = 0;
    for (int round = 0; round < rounds; round++) {
      int size = 300;
      boolean[] labels = new boolean[size];
      float[] first = new float[size];
      float[] second = new float[size];
      for (int i = 0; i < size; i++) {
        labels[i] = random.nextInt(4) == 0;
        double both = random.nextGaussian() + (labels[i] ? 1 : 0);
        first[i] = (float) (both + random.nextGaussian());
        second[i] = (float) (both + random.nextGaussian());
      }
      rejected += DeLong.of(first, second, labels).pValue() < 0.05 ? 1 : 0;
    }
    assertThat(rejected / (double) rounds).isBetween(0.02, 0.09);
  }

  @Test
  void aScoreAgainstItselfDoesNotDifferAndOneClassHasNoAnswer() {
    float[] scores = {1, 2, 3, 4};
    boolean[] labels = {false, true, false, true};
    assertThat(DeLong.of(scores, scores, labels).pValue()).isEqualTo(1);
    assertThat(DeLong.of(scores, scores, new boolean[4]).pValue()).isNaN();
    assertThatThrownBy(() -> DeLong.of(List.of(scores), List.of(), labels))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("1 scores cannot be paired with 0");
  }

  /// The difference and its error by structural components over all pairs.
  private static double[] plain(List<float[]> first, List<float[]> second, boolean[] labels) {
    int[] clicks = IntStream.range(0, labels.length).filter(i -> labels[i]).toArray();
    int[] others = IntStream.range(0, labels.length).filter(i -> !labels[i]).toArray();
    double[] ofClicks = new double[clicks.length];
    double[] ofOthers = new double[others.length];
    for (int i = 0; i < clicks.length; i++) {
      for (int j = 0; j < others.length; j++) {
        double psi = 0;
        for (int seed = 0; seed < first.size(); seed++) {
          psi += psi(first.get(seed)[clicks[i]], first.get(seed)[others[j]]) / first.size();
          psi -= psi(second.get(seed)[clicks[i]], second.get(seed)[others[j]]) / first.size();
        }
        ofClicks[i] += psi / others.length;
        ofOthers[j] += psi / clicks.length;
      }
    }
    double mean = 0;
    for (double value : ofClicks) {
      mean += value / ofClicks.length;
    }
    double variance =
        squares(ofClicks, mean) / (ofClicks.length - 1) / ofClicks.length
            + squares(ofOthers, mean) / (ofOthers.length - 1) / ofOthers.length;
    return new double[] {mean, Math.sqrt(variance)};
  }

  private static double psi(float click, float other) {
    return click > other ? 1 : click == other ? 0.5 : 0;
  }

  private static double squares(double[] values, double mean) {
    double sum = 0;
    for (double value : values) {
      sum += (value - mean) * (value - mean);
    }
    return sum;
  }
}
