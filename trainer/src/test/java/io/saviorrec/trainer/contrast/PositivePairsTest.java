package io.saviorrec.trainer.contrast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.trainer.data.log.CoClicks;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class PositivePairsTest {
  private static final int[] ALL = IntStream.range(0, 6).toArray();

  /// 0–1 and 2–3 with scores 16 and 1.
  private final PositivePairs pairs =
      PositivePairs.of(
          6, new CoClicks(new int[] {0, 2}, new int[] {1, 3}, new float[] {16, 1}), ALL);

  @Test
  void countsAPairInBothDirectionsHoweverItWasGiven() {
    PositivePairs both =
        PositivePairs.of(
            6, new CoClicks(new int[] {0, 1, 2}, new int[] {1, 0, 3}, new float[] {16, 2, 1}), ALL);
    assertThat(both.size()).isEqualTo(pairs.size()).isEqualTo(4);
    assertThat(both.partners(1)).containsExactly(0);
    assertThat(both.partners(4)).isEmpty();
    // 16 to the power of 3/4 is 8; the larger of two scores counts.
    assertThat(both.probability(0)).isCloseTo(8.0 / 18, within(1e-6));
  }

  @Test
  void leavesOutPairsWithAnItemThatIsNotAllowed() {
    PositivePairs some =
        PositivePairs.of(
            6,
            new CoClicks(new int[] {0, 2}, new int[] {1, 3}, new float[] {16, 1}),
            new int[] {0, 1, 2});
    assertThat(some.size()).isEqualTo(2);
    assertThat(some.partners(2)).isEmpty();
  }

  @Test
  void refusesAnItemPairedWithItselfAndAScoreOfZero() {
    assertThatThrownBy(
            () ->
                PositivePairs.of(
                    6, new CoClicks(new int[] {1}, new int[] {1}, new float[] {1}), ALL))
        .hasMessageContaining("(1, 1)");
    assertThatThrownBy(
            () ->
                PositivePairs.of(
                    6, new CoClicks(new int[] {1}, new int[] {2}, new float[] {0}), ALL))
        .hasMessageContaining("score 0.0");
  }

  @Test
  void drawsPairsInProportionToTheirWeights() {
    int[] first = new int[9000];
    int[] second = new int[9000];
    pairs.sample(new SplittableRandom(1), first, second);
    int heavy = 0;
    for (int i = 0; i < first.length; i++) {
      assertThat(pairs.partners(first[i])).contains(second[i]);
      heavy += first[i] < 2 ? 1 : 0;
    }
    // 8 of 9 draws, with a standard error of 30.
    assertThat(heavy).isCloseTo(8000, within(120));
  }

  @Test
  void drawsPartnersOfAnItemAndTellsThatThereIsNone() {
    SplittableRandom random = new SplittableRandom(1);
    assertThat(pairs.samplePartner(random, 3)).isEqualTo(2);
    assertThat(pairs.samplePartner(random, 5)).isEqualTo(-1);
  }

  @Test
  void excludesTheSamePositionsAsThePlainDefinition() {
    Random random = new Random(4);
    int items = 12;
    int[] from = new int[15];
    int[] to = new int[15];
    float[] score = new float[15];
    for (int i = 0; i < from.length; i++) {
      from[i] = random.nextInt(items);
      to[i] = (from[i] + 1 + random.nextInt(items - 1)) % items;
      score[i] = 1 + random.nextFloat();
    }
    PositivePairs known =
        PositivePairs.of(items, new CoClicks(from, to, score), IntStream.range(0, items).toArray());
    int[] first = new int[10];
    int[] second = new int[10];
    known.sample(new SplittableRandom(2), first, second);
    Set<Long> expected = new TreeSet<>();
    for (int row = 0; row < 10; row++) {
      for (int column = 0; column < 10; column++) {
        boolean partners =
            IntStream.of(known.partners(first[row])).boxed().toList().contains(second[column]);
        boolean same =
            first[row] == first[column]
                || second[row] == second[column]
                || first[row] == second[column]
                || second[row] == first[column];
        if (row != column && (partners || same)) {
          expected.add(row * 10L + column);
        }
      }
    }
    long[] excluded = known.excluded(first, second);
    assertThat(excluded).doesNotHaveDuplicates();
    Set<Long> actual = new TreeSet<>();
    for (long position : excluded) {
      actual.add(position);
    }
    assertThat(actual).isEqualTo(expected).isNotEmpty();
  }
}
