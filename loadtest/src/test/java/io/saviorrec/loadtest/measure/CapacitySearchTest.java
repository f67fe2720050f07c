package io.saviorrec.loadtest.measure;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.loadtest.measure.CapacitySearch.Capacity;
import io.saviorrec.loadtest.measure.CapacitySearch.Step;
import io.saviorrec.loadtest.measure.Slo.Limit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CapacitySearchTest {
  private static final Slo SLO = new Slo(List.of(new Limit(.99, Duration.ofMillis(20))), .01, .01);
  private static final Duration STEP = Duration.ofSeconds(2);
  private static final Duration LENGTH = Duration.ofSeconds(30);

  private final List<Duration> lengths = new ArrayList<>();

  /// As of a server whose p99 is at the limit at exactly this rate, and which spoils one step.
  private Capacity find(double capacity, double guess, int spoilt) {
    return new CapacitySearch(
            SLO,
            STEP,
            LENGTH,
            (rate, length, giveUp) -> {
              lengths.add(length);
              boolean slow = rate > capacity || lengths.size() == spoilt;
              // Most answers are as always.
              return FakeLoads.of(rate, 500, 0, 0, i -> slow && i < 50 ? 25_000 : 8_000);
            },
            () -> false)
        .find(guess);
  }

  private static double found(Capacity capacity) {
    return capacity.perSecond().orElse(Double.NaN);
  }

  @Test
  void findsTheRateFromBelowAndFromAbove() {
    assertThat(found(find(730, 100, 0))).isBetween(730 / 1.06, 730.0);
    assertThat(found(find(730, 5000, 0))).isBetween(730 / 1.06, 730.0);
    assertThat(found(find(30, 700, 0))).isBetween(30 / 1.06, 30.0);
  }

  @Test
  void aServerThatIsOverwhelmedIsNotAskedAgainAtThatRate() {
    List<Double> rates = new ArrayList<>();
    Capacity capacity =
        new CapacitySearch(
                SLO,
                STEP,
                LENGTH,
                (rate, length, giveUp) -> {
                  rates.add(rate);
                  return FakeLoads.of(rate, 500, 0, 0, _ -> rate > 730 ? 900_000 : 8_000);
                },
                () -> false)
            .find(5000);
    assertThat(found(capacity)).isBetween(730 / 1.06, 730.0);
    assertThat(rates.stream().filter(rate -> rate > 730)).doesNotHaveDuplicates();
  }

  @Test
  void whatWasFoundMustHoldForTheWholeLength() {
    Capacity capacity = find(400, 300, 0);
    Step last = capacity.steps().getLast();
    assertThat(last.confirmation()).isTrue();
    assertThat(last.met()).isTrue();
    assertThat(lengths.getLast()).isEqualTo(LENGTH);
    assertThat(capacity.confirmed()).isSameAs(last.measured());
  }

  @Test
  void oneStepThatABusyMachineSpoiltDoesNotCount() {
    assertThat(found(find(730, 400, 1))).isBetween(730 / 1.06, 730.0);
  }

  @Test
  void aRateThatHoldsForAStepOnlyIsLoweredUntilItHolds() {
    Capacity capacity =
        new CapacitySearch(
                SLO,
                STEP,
                LENGTH,
                (rate, length, giveUp) -> {
                  double most = length.equals(LENGTH) ? 450 : 500;
                  return FakeLoads.of(rate, 500, 0, 0, _ -> rate > most ? 25_000 : 8_000);
                },
                () -> false)
            .find(300);
    assertThat(found(capacity)).isBetween(400.0, 450.0);
    assertThat(capacity.steps()).filteredOn(Step::confirmation).hasSizeGreaterThan(1);
  }

  @Test
  void aServerThatNeverMeetsItHasNoCapacity() {
    Capacity capacity = find(0, 500, 0);
    assertThat(capacity.perSecond()).isEmpty();
    assertThat(capacity.steps()).hasSizeLessThan(61).noneMatch(Step::met);
  }

  @Test
  void slowRatesAreTriedForLongerSoThatAPercentileMeansSomething() {
    find(1000, 20, 0);
    assertThat(lengths.getFirst()).isEqualTo(Duration.ofSeconds(15));
    assertThat(lengths).contains(STEP);
  }

  @Test
  void askedToStopItEndsWithWhatIsKnown() {
    List<@Nullable Slo> asked = new ArrayList<>();
    Capacity capacity =
        new CapacitySearch(
                SLO,
                STEP,
                LENGTH,
                (rate, length, giveUp) -> {
                  asked.add(giveUp);
                  return FakeLoads.of(rate, 500, 0, 0, _ -> 8_000);
                },
                () -> asked.size() >= 3)
            .find(300);
    assertThat(asked).hasSize(3).doesNotContainNull();
    assertThat(capacity.perSecond()).isEmpty();
    assertThat(capacity.steps()).hasSize(3).allMatch(Step::met);
  }
}
