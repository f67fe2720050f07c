package io.saviorrec.loadtest.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.saviorrec.loadtest.measure.Comparison.Ratio;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ComparisonTest {
  /// Turns whose latency is a machine's mood times a server's own.
  private static List<Measured> turns(int count, double own) {
    List<Measured> turns = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      double mood = 1 + i % 3;
      turns.add(FakeLoads.of(100, 200, 0, 0, _ -> Math.round(1000 * mood * own)));
    }
    return turns;
  }

  @Test
  void turnsThatAreSlowForBothDoNotHideADifference() {
    for (Ratio ratio : new Comparison(turns(8, 1), turns(8, .8)).ratios()) {
      assertThat(ratio.value()).isCloseTo(.8, within(.01));
      assertThat(ratio.differs()).isTrue();
      assertThat(ratio.low()).isLessThanOrEqualTo(ratio.value());
      assertThat(ratio.high()).isGreaterThanOrEqualTo(ratio.value());
    }
  }

  @Test
  void chanceIsNoDifference() {
    List<Measured> first = new ArrayList<>();
    List<Measured> second = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      long one = i % 2 == 0 ? 1000 : 1300;
      first.add(FakeLoads.of(100, 200, 0, 0, _ -> one));
      second.add(FakeLoads.of(100, 200, 0, 0, _ -> 2300 - one));
    }
    assertThat(new Comparison(first, second).ratios()).noneMatch(Ratio::differs);
  }

  @Test
  void fewTurnsTellNothingOfChance() {
    Ratio ratio = new Comparison(turns(3, 1), turns(3, .5)).ratios().getFirst();
    assertThat(ratio.value()).isCloseTo(.5, within(.01));
    assertThat(ratio.low()).isNaN();
    assertThat(ratio.differs()).isFalse();
  }

  @Test
  void turnsTogetherAreOneLoad() {
    Measured all = new Comparison(turns(3, 1), turns(3, 1)).firstTogether();
    assertThat(all.answered()).isEqualTo(600);
    assertThat(all.seconds()).isEqualTo(6);
    assertThat(all.latency().getTotalCount()).isEqualTo(600);
    assertThat(all.intervals())
        .extracting(Interval::atSeconds)
        .containsExactly(0., 1., 2., 3., 4., 5.);
  }

  @Test
  void refusesTurnsOfOneAlone() {
    assertThatThrownBy(() -> new Comparison(turns(2, 1), turns(1, 1)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
