package io.saviorrec.trainer.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class UserBootstrapTest {
  private static final int USERS = 200;
  private static final int EACH = 20;

  private final boolean[] labels = new boolean[USERS * EACH];
  private final long[] users = new long[USERS * EACH];
  private final float[] good = new float[USERS * EACH];
  private final float[] poor = new float[USERS * EACH];

  UserBootstrapTest() {
    Random random = new Random(3);
    for (int i = 0; i < labels.length; i++) {
      users[i] = 1_000_000_007L * (i / EACH);
      double logit = random.nextGaussian();
      labels[i] = random.nextDouble() < 1 / (1 + Math.exp(-logit));
      good[i] = (float) (logit + 0.3 * random.nextGaussian());
      poor[i] = (float) (logit + 1.5 * random.nextGaussian());
    }
  }

  private UserBootstrap bootstrap(float[] first, float[] second) {
    return new UserBootstrap(first, second, labels, users, 400, 1);
  }

  @Test
  void figuresAreThoseOfTheImpressionsThemselves() {
    Difference auc = bootstrap(good, poor).auc(_ -> true);
    assertThat(auc.first()).isCloseTo(Auc.of(good, labels), within(1e-12));
    assertThat(auc.second()).isCloseTo(Auc.of(poor, labels), within(1e-12));
    assertThat(auc.difference()).isEqualTo(auc.first() - auc.second());
    Difference gauc = bootstrap(good, poor).gauc();
    assertThat(gauc.first()).isCloseTo(GroupedAuc.of(good, labels, users), within(1e-12));
    assertThat(gauc.second()).isCloseTo(GroupedAuc.of(poor, labels, users), within(1e-12));
  }

  @Test
  void aClearDifferenceHasANarrowIntervalAndASmallP() {
    Difference auc = bootstrap(good, poor).auc(_ -> true);
    assertThat(auc.low()).isPositive().isLessThan(auc.difference());
    assertThat(auc.high()).isGreaterThan(auc.difference()).isLessThan(auc.difference() + 0.05);
    assertThat(auc.pValue()).isLessThan(0.01);
  }

  @Test
  void aScoreAgainstItselfDiffersInNothing() {
    Difference auc = bootstrap(good, good).auc(_ -> true);
    assertThat(auc.difference()).isZero();
    assertThat(auc.low()).isZero();
    assertThat(auc.high()).isZero();
    assertThat(auc.pValue()).isEqualTo(1);
  }

  /// The interval must know that a user's impressions are alike: with every impression ten times
  /// over, what is known is the same.
  @Test
  void impressionsOfOneUserAreNotIndependent() {
    boolean[] manyLabels = new boolean[labels.length * 10];
    long[] manyUsers = new long[manyLabels.length];
    float[] manyGood = new float[manyLabels.length];
    float[] manyPoor = new float[manyLabels.length];
    for (int i = 0; i < manyLabels.length; i++) {
      manyLabels[i] = labels[i / 10];
      manyUsers[i] = users[i / 10];
      manyGood[i] = good[i / 10];
      manyPoor[i] = poor[i / 10];
    }
    Difference once = bootstrap(good, poor).auc(_ -> true);
    Difference often =
        new UserBootstrap(manyGood, manyPoor, manyLabels, manyUsers, 400, 1).auc(_ -> true);
    assertThat(often.low()).isCloseTo(once.low(), within(1e-9));
    assertThat(often.high()).isCloseTo(once.high(), within(1e-9));
  }

  @Test
  void impressionsOfOneClassHaveNoDifference() {
    Difference auc = bootstrap(good, poor).auc(i -> labels[i]);
    assertThat(auc.difference()).isNaN();
    assertThat(auc.pValue()).isNaN();
  }

  @Test
  void scoresOfSeveralSeedsCountByTheirMean() {
    UserBootstrap seeds =
        new UserBootstrap(List.of(good, poor), List.of(poor, poor), labels, users, 400, 1);
    Difference auc = seeds.auc(_ -> true);
    Difference gauc = seeds.gauc();
    double half = (Auc.of(good, labels) - Auc.of(poor, labels)) / 2;
    assertThat(auc.difference()).isCloseTo(half, within(1e-12));
    Difference one = bootstrap(good, poor).auc(_ -> true);
    assertThat(auc.low()).isCloseTo(one.low() / 2, within(1e-12));
    assertThat(auc.high()).isCloseTo(one.high() / 2, within(1e-12));
    assertThat(gauc.first())
        .isCloseTo(
            (GroupedAuc.of(good, labels, users) + GroupedAuc.of(poor, labels, users)) / 2,
            within(1e-12));
  }
}
