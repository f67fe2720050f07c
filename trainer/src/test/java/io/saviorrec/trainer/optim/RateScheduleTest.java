package io.saviorrec.trainer.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class RateScheduleTest {
  @Test
  void aWarmupCosineRisesThenFallsToZero() {
    RateSchedule schedule = new RateSchedule.WarmupCosine(0.04);
    assertThat(schedule.at(2, 0, 100)).isCloseTo(0.4, within(1e-9));
    assertThat(schedule.at(2, 3, 100)).isCloseTo(1.6, within(1e-9));
    assertThat(schedule.at(2, 4, 100)).isCloseTo(2, within(1e-9));
    assertThat(schedule.at(2, 52, 100)).isCloseTo(1, within(1e-9));
    assertThat(schedule.at(2, 100, 100)).isCloseTo(0, within(1e-9));
    assertThat(schedule.at(2, 103, 100)).isCloseTo(0, within(1e-9));
  }

  @Test
  void aGeometricRateFallsByTheSameShareEachStepAndStaysAtItsLast() {
    RateSchedule schedule = new RateSchedule.Geometric(0.01);
    assertThat(schedule.at(3, 0, 10)).isEqualTo(3);
    assertThat(schedule.at(3, 5, 10)).isCloseTo(0.3, within(1e-12));
    assertThat(schedule.at(3, 10, 10)).isCloseTo(0.03, within(1e-12));
    assertThat(schedule.at(3, 12, 10)).isCloseTo(0.03, within(1e-12));
  }

  @Test
  void aConstantRateStays() {
    assertThat(RateSchedule.constant().at(0.7, 9, 10)).isEqualTo(0.7);
  }

  @Test
  void refusesSharesOutOfRange() {
    assertThatThrownBy(() -> new RateSchedule.Geometric(0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new RateSchedule.WarmupCosine(1.1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
