package io.saviorrec.trainer.data.prepare;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.trainer.data.log.Day;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BaseClickModelTest {
  private static final int USERS = 40;
  private static final int ITEMS = 30;
  private static final int SAMPLES = 20_000;

  private final long[] time = new long[SAMPLES];
  private final int[] user = new int[SAMPLES];
  private final int[] item = new int[SAMPLES];
  private final boolean[] clicked = new boolean[SAMPLES];
  private final double[] truth = new double[SAMPLES];

  BaseClickModelTest() {
    SplittableRandom random = new SplittableRandom(7);
    double[] userTaste = random.doubles(USERS, -1.5, 1.5).toArray();
    double[] itemAppeal = random.doubles(ITEMS, -1.5, 1.5).toArray();
    for (int s = 0; s < SAMPLES; s++) {
      // Ten samples a second, two hundred seconds a day.
      time[s] = s / 2_000 * Day.SECONDS + s % 2_000 / 10;
      user[s] = random.nextInt(USERS);
      item[s] = random.nextInt(ITEMS);
      truth[s] = 1 / (1 + Math.exp(1 - userTaste[user[s]] - itemAppeal[item[s]]));
      clicked[s] = random.nextDouble() < truth[s];
    }
  }

  private float[] predict() {
    int[][] groups = new int[ITEMS][];
    Arrays.setAll(groups, i -> i % 7 == 0 ? new int[0] : new int[] {i % 3, 3 + i % 2});
    return new BaseClickModel(USERS, groups).predict(time, user, item, clicked);
  }

  @Test
  void aPredictionDependsOnStrictlyEarlierSecondsOnly() {
    float[] before = predict();
    int from = 9_003; // in the middle of a second and of a day
    for (int s = from; s < SAMPLES; s++) {
      clicked[s] = !clicked[s];
    }
    float[] after = predict();
    int endOfSecond = 9_010;
    assertThat(Arrays.copyOf(after, endOfSecond)).isEqualTo(Arrays.copyOf(before, endOfSecond));
    assertThat(Arrays.copyOfRange(after, endOfSecond, SAMPLES))
        .isNotEqualTo(Arrays.copyOfRange(before, endOfSecond, SAMPLES));
  }

  @Test
  void comesCloseToTheTrueProbabilities() {
    float[] predicted = predict();
    double squared = 0;
    double constant = 0;
    double mean = Arrays.stream(truth).average().orElseThrow();
    for (int s = SAMPLES / 2; s < SAMPLES; s++) {
      squared += (predicted[s] - truth[s]) * (predicted[s] - truth[s]);
      constant += (mean - truth[s]) * (mean - truth[s]);
    }
    assertThat(squared).isLessThan(0.1 * constant);
  }

  @Test
  void scoresTheFirstSampleBeforeItKnowsAnything() {
    assertThat(predict()[0]).isEqualTo(0.5f);
  }
}
