package io.saviorrec.server.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.server.admission.Overload.Steps;
import io.saviorrec.server.config.OverloadConfig;
import io.saviorrec.server.fakes.FakeCall;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.Priority;
import io.saviorrec.server.request.RequestException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class OverloadTest {
  private static final Steps SHORT = new Steps(true, false);
  private static final Steps BOTH = new Steps(true, true);

  private final Admission admission = new Admission("test", 1, 1000);
  private final Deque<Admission.Place> waiting = new ArrayDeque<>();
  private Overload overload = overload(0.5, 0.8);

  OverloadTest() {
    place(Priority.HIGH, 0).start();
  }

  @Test
  void followsTheWaitUpInSteps() {
    assertThat(steps(Priority.NORMAL)).isEqualTo(Steps.NONE);
    await(49);
    assertThat(steps(Priority.NORMAL)).isEqualTo(Steps.NONE);
    await(50);
    assertThat(steps(Priority.NORMAL)).isEqualTo(SHORT);
    await(79);
    assertThat(steps(Priority.NORMAL)).isEqualTo(SHORT);
    await(80);
    assertThat(steps(Priority.NORMAL)).isEqualTo(BOTH);
    assertThat(overload.presentStep(Priority.NORMAL)).isEqualTo(2);
  }

  @Test
  void leavesAStepLaterThanItEntersIt() {
    await(80);
    assertThat(steps(Priority.NORMAL)).isEqualTo(BOTH);
    await(60);
    assertThat(steps(Priority.NORMAL)).isEqualTo(BOTH);
    await(59);
    assertThat(steps(Priority.NORMAL)).isEqualTo(SHORT);
    await(79);
    assertThat(steps(Priority.NORMAL)).isEqualTo(SHORT);
    await(38);
    assertThat(steps(Priority.NORMAL)).isEqualTo(SHORT);
    await(37);
    assertThat(steps(Priority.NORMAL)).isEqualTo(Steps.NONE);
    await(49);
    assertThat(steps(Priority.NORMAL)).isEqualTo(Steps.NONE);
    assertThat(overload.presentStep(Priority.NORMAL)).isZero();
  }

  @Test
  void aShortDeadlineIsReachedByAShorterWaitAndByNoOtherRequest() {
    await(20);
    FakeCall hasty = FakeCall.endingIn(TimeUnit.MILLISECONDS.toNanos(34));
    Demand demand = new Demand(Priority.NORMAL, TimeUnit.MILLISECONDS.toNanos(10), 0, nanos -> {});

    assertThat(overload.steps(hasty, demand)).isEqualTo(BOTH);
    assertThat(steps(Priority.NORMAL)).isEqualTo(Steps.NONE);
  }

  @Test
  void lowPrioritiesDegradeFirst() {
    await(60);
    place(Priority.LOW, 30);

    assertThat(steps(Priority.HIGH)).isEqualTo(Steps.NONE);
    assertThat(steps(Priority.NORMAL)).isEqualTo(SHORT);
    assertThat(steps(Priority.LOW)).isEqualTo(BOTH);
  }

  @Test
  void eachStepCanBeSwitchedOff() {
    await(90);
    overload = overload(1, 0.8);
    assertThat(steps(Priority.NORMAL)).isEqualTo(new Steps(false, true));
    overload = overload(0.5, 1);
    assertThat(steps(Priority.NORMAL)).isEqualTo(SHORT);
    assertThat(overload.presentStep(Priority.NORMAL)).isEqualTo(1);
    overload = overload(1, 1);
    assertThat(steps(Priority.NORMAL)).isEqualTo(Steps.NONE);
    assertThat(overload.presentStep(Priority.NORMAL)).isZero();
  }

  @Test
  void keepsAShareOfTheModelsHistory() {
    assertThat(overload.shortHistory(100)).isEqualTo(25);
    assertThat(overload.shortHistory(5)).isEqualTo(2);
  }

  @Test
  void refusesBeforeDecodingOnlyWhatBaseScoresCouldNotAnswer() {
    Admission full = new Admission("full", 1, 1);
    for (int i = 0; i < 2; i++) {
      place(full, Priority.HIGH, 0);
    }
    new Overload(full, config(0.5, 0.8)).requireChance();
    assertThatThrownBy(new Overload(full, config(0.5, 1))::requireChance)
        .isInstanceOfSatisfying(
            RequestException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED));
    full.close();

    assertThatThrownBy(new Overload(full, config(0.5, 0.8))::requireChance)
        .isInstanceOfSatisfying(
            RequestException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
  }

  private Overload overload(double shortHistoryAfter, double baseScoreAfter) {
    return new Overload(admission, config(shortHistoryAfter, baseScoreAfter));
  }

  private static OverloadConfig config(double shortHistoryAfter, double baseScoreAfter) {
    return new OverloadConfig(
        Duration.ofMillis(100), Duration.ofMillis(100), shortHistoryAfter, 0.25, baseScoreAfter);
  }

  private Steps steps(Priority priority) {
    return overload.steps(Call.UNBOUNDED, new Demand(priority, 0, 0, nanos -> {}));
  }

  /// From now on work of normal priority would wait so long.
  private void await(int millis) {
    while (!waiting.isEmpty()) {
      waiting.pop().giveBack();
    }
    waiting.push(place(Priority.NORMAL, millis));
  }

  private Admission.Place place(Priority priority, int millis) {
    return place(admission, priority, millis);
  }

  private static Admission.Place place(Admission admission, Priority priority, int millis) {
    return Objects.requireNonNull(
        admission.admit(
            Call.UNBOUNDED,
            new Demand(priority, TimeUnit.MILLISECONDS.toNanos(millis), 0, nanos -> {})));
  }
}
