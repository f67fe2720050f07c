package io.saviorrec.server.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ComputeEstimateTest {
  private final ComputeEstimate estimate = new ComputeEstimate();
  private final SplittableRandom random = new SplittableRandom(7);

  @Test
  void expectsNothingOfWorkItKnowsNothingOf() {
    assertThat(estimate.predictNanos(500)).isZero();
  }

  @Test
  void learnsWhatARequestCostsAndWhatEachOfItsPartsDoes() {
    for (int i = 0; i < 200; i++) {
      int parts = random.nextInt(1, 500);
      observe(parts, noisy(300_000 + 2_000L * parts));
    }

    assertThat(estimate.predictNanos(1)).isCloseTo(302_000, within(30_000L));
    assertThat(estimate.predictNanos(1000)).isCloseTo(2_300_000, within(150_000L));
  }

  @Test
  void onePauseMovesItLittle() {
    for (int i = 0; i < 100; i++) {
      observe(100, 1_000_000);
    }
    observe(100, 3_000_000_000L);
    observe(100, 0);

    assertThat(estimate.predictNanos(100)).isCloseTo(1_000_000, within(50_000L));
  }

  @Test
  void aChangeThatLastsMovesItAllTheWay() {
    for (int i = 0; i < 100; i++) {
      observe(100, 1_000_000);
    }
    for (int i = 0; i < 400; i++) {
      observe(100, 20_000_000);
    }

    assertThat(estimate.predictNanos(100)).isCloseTo(20_000_000, within(1_000_000L));
  }

  @Test
  void isNeverNegativeHoweverTheTimesFall() {
    for (int i = 0; i < 100; i++) {
      int parts = random.nextInt(1, 500);
      observe(parts, 1_000_000 - 1_900L * parts);
    }

    for (int parts : new int[] {1, 500, 100_000}) {
      assertThat(estimate.predictNanos(parts)).isBetween(0L, 1_000_000L);
    }
  }

  @Test
  void saysWhatItsBaseSaysUntilItHasSeenEnough() {
    observe(10, 500);
    ComputeEstimate based = new ComputeEstimate(estimate);
    for (int i = 1; i < ComputeEstimate.ENOUGH; i++) {
      based.observe(10, 100);
      assertThat(based.predictNanos(10)).isEqualTo(500);
    }
    based.observe(10, 100);

    assertThat(based.predictNanos(10)).isEqualTo(100);
  }

  /// Work that is refused for the estimate never corrects it.
  @Test
  void anEstimateThatIsFarTooHighDoesNotRefuseForEver() {
    for (int i = 0; i < 100; i++) {
      observe(100, 800_000_000);
    }
    int refused = 0;
    while (estimate.predictNanos(100) > 200_000_000) {
      refused++;
      if (estimate.doubtful()) {
        observe(100, 10_000_000);
      }
    }

    assertThat(refused).isBetween(32, 320);
  }

  @Test
  void anEstimateThatIsRightIsDoubtedSeldom() {
    for (int i = 0; i < 100; i++) {
      observe(100, 800_000_000);
    }
    int ran = 0;
    for (int i = 0; i < 3200; i++) {
      if (estimate.doubtful()) {
        ran++;
        observe(100, 800_000_000);
      }
    }

    assertThat(ran).isEqualTo(100);
    assertThat(estimate.predictNanos(100)).isEqualTo(800_000_000);
  }

  private void observe(int parts, long nanos) {
    estimate.observe(parts, nanos);
  }

  private long noisy(long nanos) {
    return (long) (nanos * random.nextDouble(0.9, 1.1));
  }
}
