package io.saviorrec.trainer.fallback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.trainer.fallback.FallbackFit.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class FallbackFitTest {
  private static final Clicks NONE = new Clicks(new double[0], new boolean[0], new long[0]);

  /// Impressions whose logits are all too high by `excess`.
  private static Clicks clicks(int impressions, int users, double excess, long seed) {
    Random random = new Random(seed);
    double[] logits = new double[impressions];
    boolean[] clicked = new boolean[impressions];
    long[] of = new long[impressions];
    for (int i = 0; i < impressions; i++) {
      double truth = -2 + random.nextGaussian();
      logits[i] = truth + excess;
      clicked[i] = random.nextDouble() < Clicks.sigmoid(truth);
      of[i] = 10_000L + random.nextInt(users);
    }
    return new Clicks(logits, clicked, of);
  }

  @Test
  void manyClicksSayHowFarScoresAreOff() {
    Clicks all = clicks(200_000, 5_000, 0.2, 1);
    Clicks areNew = clicks(100_000, 5_000, 0.8, 2);
    assertThat(areNew.ratio(0).offLimits()).isTrue();

    Step step = FallbackFit.step(new Evidence(all, areNew), List.of());

    assertThat(step.shift()).isCloseTo(-0.8, within(0.05));
    assertThat(step.heldOut().ratio()).isCloseTo(1, within(0.05));
    assertThat(step.heldOut().offLimits()).isFalse();
  }

  @Test
  void fewClicksAreDrawnTowardsWhatNewItemsOfEarlierPeriodsSay() {
    Clicks all = clicks(20_000, 5_000, 0.2, 1);
    List<Evidence> earlier = new ArrayList<>();
    for (int period = 0; period < 7; period++) {
      earlier.add(
          new Evidence(
              clicks(10_000, 1_000, 0.1, 10 + period), clicks(1_000, 500, 0.7, 20 + period)));
    }
    for (int seed = 0; seed < 3; seed++) {
      Clicks areNew = clicks(40, 40, 0.8, 100 + seed);
      assertThat(FallbackFit.step(new Evidence(all, areNew), earlier).shift())
          .isCloseTo(-0.8, within(0.2));
    }

    Step without = FallbackFit.step(new Evidence(all, NONE), earlier);

    assertThat(without.shift()).isCloseTo(-0.8, within(0.15));
    assertThat(without.heldOut()).isEqualTo(without.allItems());
  }

  @Test
  void whereNoEarlierItemsTellFewClicksSayMost() {
    Clicks all = clicks(20_000, 5_000, 0.2, 1);
    double sum = 0;
    for (int seed = 0; seed < 20; seed++) {
      Evidence now = new Evidence(all, clicks(350, 200, 0.8, seed));
      sum += FallbackFit.step(now, List.of()).shift();
    }
    assertThat(sum / 20).isCloseTo(-0.75, within(0.15));
    assertThat(FallbackFit.step(new Evidence(all, NONE), List.of()).shift())
        .isCloseTo(-0.2, within(0.06));
  }

  @Test
  void aGateIsNotMissedByChance() {
    int missed = 0;
    for (int seed = 0; seed < 200; seed++) {
      Clicks all = clicks(2_000, 100, 0.3, seed);
      Clicks areNew = clicks(300, 60, 0.4, 1000 + seed);
      missed +=
          FallbackFit.step(new Evidence(all, areNew), List.of()).heldOut().offLimits() ? 1 : 0;
    }
    assertThat(missed).isLessThanOrEqualTo(2);
  }

  @Test
  void whatNoShiftOfOtherUsersCanMendIsOff() {
    // The half of the users that sees most clicks least, so that what is right for one is wrong for
    // the other, and the two errors do not cancel out.
    int n = 20_000;
    boolean[] clicked = new boolean[n];
    long[] users = new long[n];
    long[] even = LongStream.range(0, 500).filter(FallbackFit::isEven).toArray();
    for (int i = 0; i < n; i++) {
      users[i] = i % 4 == 0 ? i % 500 : even[i % even.length];
      clicked[i] = i % 10 < (FallbackFit.isEven(users[i]) ? 1 : 8);
    }
    Clicks clicks = new Clicks(new double[n], clicked, users);

    assertThat(FallbackFit.step(new Evidence(clicks, clicks), List.of()).heldOut().offLimits())
        .isTrue();
  }

  @Test
  void aClickOnTwoImpressionsIsNotCertainlyTooMany() {
    Clicks one = new Clicks(new double[] {-2, -2}, new boolean[] {true, false}, new long[] {1, 2});

    Ratio ratio = one.ratio(0);

    assertThat(ratio.ratio()).isCloseTo(0.24, within(0.01));
    assertThat(ratio.high()).isBetween(1.2, 1.5);
    assertThat(ratio.offLimits()).isFalse();
  }

  @Test
  void noClicksAreNoError() {
    Clicks none = new Clicks(new double[50], new boolean[50], new long[50]);

    Step step = FallbackFit.step(new Evidence(none, none), List.of());

    assertThat(step.shift()).isNegative().isGreaterThan(-10);
    assertThat(step.heldOut().offLimits()).isFalse();
    assertThat(step.heldOut()).hasToString("no clicks on 50 impressions");
  }

  @Test
  void theIntervalHoldsTheTruthMostTimes() {
    int held = 0;
    for (int seed = 0; seed < 400; seed++) {
      Ratio ratio = clicks(1_500, 200, 0, seed).ratio(0);
      held += ratio.low() <= 1 && ratio.high() >= 1 ? 1 : 0;
    }
    assertThat(held).isBetween(365, 398);
  }
}
