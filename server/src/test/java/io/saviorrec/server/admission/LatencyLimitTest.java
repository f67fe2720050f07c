package io.saviorrec.server.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LatencyLimitTest {
  private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long TARGET = 100 * MILLI;

  private final LatencyLimit limit = new LatencyLimit(TARGET);
  private long now;

  @Test
  void theGoalIsTheTargetOrAPartOfTheDeadline() {
    assertThat(limit.goalNanos(Long.MAX_VALUE)).isEqualTo(TARGET);
    assertThat(limit.goalNanos(1000 * MILLI)).isEqualTo(TARGET);
    assertThat(limit.goalNanos(100 * MILLI)).isEqualTo(50 * MILLI);
  }

  @Test
  void allowsLessWhenMoreThanOneInTenIsLate() {
    window(32, 3);
    assertThat(limit.share()).isEqualTo(1);
    window(32, 4);
    assertThat(limit.share()).isEqualTo(0.8);
    assertThat(limit.longestWait(50 * MILLI)).isEqualTo(40 * MILLI);
  }

  @Test
  void neverAllowsMoreThanTheGoalLeavesHoweverLongAllGoesWell() {
    for (int i = 0; i < 100; i++) {
      window(32, 0);
    }

    assertThat(limit.share()).isEqualTo(1);
    assertThat(limit.longestWait(-1)).isZero();
  }

  @Test
  void keepsALeastShareAndComesBack() {
    for (int i = 0; i < 100; i++) {
      window(32, 32);
    }
    assertThat(limit.share()).isEqualTo(LatencyLimit.LEAST);
    for (int i = 0; i < 20; i++) {
      window(32, 0);
    }
    assertThat(limit.share()).isEqualTo(1, within(1e-9));
  }

  /// Many that end at once came before anything could have been changed for them.
  @Test
  void changesOnceInTheTimeThatAChangeTakesToShow() {
    for (int i = 0; i < 1000; i++) {
      limit.ended(now + i, 2 * TARGET, TARGET);
    }
    assertThat(limit.share()).isEqualTo(1);
    limit.ended(now + TARGET, 2 * TARGET, TARGET);
    limit.ended(now + TARGET, 2 * TARGET, TARGET);

    assertThat(limit.share()).isEqualTo(0.8);
  }

  @Test
  void forgetsWhatWasLongAgo() {
    window(31, 31);
    now += TimeUnit.SECONDS.toNanos(6);
    limit.ended(now, 2 * TARGET, TARGET);

    assertThat(limit.share()).isEqualTo(1);
  }

  private void window(int calls, int late) {
    for (int i = 0; i < calls; i++) {
      now += i == calls - 1 ? TARGET : 0;
      limit.ended(now, i < late ? TARGET + 1 : TARGET, TARGET);
    }
  }
}
