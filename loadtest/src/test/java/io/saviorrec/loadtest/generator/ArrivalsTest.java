package io.saviorrec.loadtest.generator;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ArrivalsTest {
  private static final Duration TWO_SECONDS = Duration.ofSeconds(2);

  @Test
  void randomTimesAreAscendingAndFillTheLoad() {
    long[] times = Arrivals.poisson().times(1000, TWO_SECONDS, 4);
    assertThat(times).hasSize(2000).isSorted();
    assertThat(times[1999]).isBetween(1_900_000_000L, 2_000_000_000L);
    // Gaps of a Poisson process: about 63 % are below the mean.
    long[] gaps = new long[1999];
    Arrays.setAll(gaps, i -> times[i + 1] - times[i]);
    assertThat(Arrays.stream(gaps).filter(gap -> gap < 1_000_000).count()).isBetween(1150L, 1370L);
    assertThat(Arrivals.poisson().times(1000, TWO_SECONDS, 4)).isEqualTo(times);
    assertThat(Arrivals.poisson().times(1000, TWO_SECONDS, 5)).isNotEqualTo(times);
  }

  @Test
  void recordedTimesKeepTheirRhythmAtAnyRate() {
    // Two close together, then a pause.
    long[] micros = {5_000_000, 5_100_000, 6_000_000, 6_100_000, 7_000_000};
    assertThat(Arrivals.recordedPerSecond(micros)).isEqualTo(2);
    assertThat(Arrivals.recorded(micros).times(2, TWO_SECONDS, 0))
        .containsExactly(0, 100_000_000, 1_000_000_000, 1_100_000_000);
    // Ten times as fast, and again from the start when the record ends.
    long[] fast = Arrivals.recorded(micros).times(20, TWO_SECONDS, 0);
    assertThat(fast).hasSize(40).isSorted();
    assertThat(fast[1]).isEqualTo(10_000_000);
    assertThat(fast[5]).isEqualTo(250_000_000);
    assertThat(fast[6]).isEqualTo(260_000_000);
  }
}
