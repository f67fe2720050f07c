package io.saviorrec.server.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.server.fakes.FakeCall;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.Priority;
import io.saviorrec.server.request.RequestException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class AdmissionTest {
  private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

  private final Admission admission =
      new Admission("test", 1, 2, QueueBounds.waiting(Duration.ofMillis(100)), System::nanoTime);

  @Test
  void admitsWhatRunsAndWhatMayWaitAndNoMore() {
    for (int i = 0; i < 3; i++) {
      assertThat(admission.admit(Call.UNBOUNDED, Demand.light())).isNotNull();
    }

    assertThat(admission.admit(Call.UNBOUNDED, Demand.light())).isNull();
    assertThat(admission.full(Priority.NORMAL))
        .hasMessage("the test queue is full: 2 requests wait already");
  }

  @Test
  void aPlaceIsGivenBackOnceHoweverOftenItIsSaid() {
    List<Admission.Place> places = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      places.add(place(Priority.NORMAL, 0));
    }
    places.getFirst().start();
    places.getFirst().giveBack();
    places.getFirst().giveBack();

    assertThat(admission.admitted()).isEqualTo(2);
    place(Priority.NORMAL, 0);
    assertThat(admission.admit(Call.UNBOUNDED, Demand.light())).isNull();
  }

  @Test
  void refusesACallWhoseDeadlinePassedAndKeepsItsRoom() {
    FakeCall late = new FakeCall();
    late.expire();

    for (int i = 0; i < 10; i++) {
      assertRefused(() -> admission.admit(late, Demand.light()), ErrorCode.DEADLINE_EXCEEDED);
    }
    assertThat(admission.admitted()).isZero();
  }

  @Test
  void refusesEverythingOnceItIsClosed() {
    admission.close();

    assertRefused(admission::requireRoom, ErrorCode.UNAVAILABLE);
    assertRefused(admission::requireOpen, ErrorCode.UNAVAILABLE);
    assertRefused(() -> admission.admit(Call.UNBOUNDED, Demand.light()), ErrorCode.UNAVAILABLE);
  }

  @Test
  void theWaitIsThatOfWhatGoesFirst() {
    assertThat(admission.waitNanos(Priority.LOW)).isZero();
    place(Priority.NORMAL, 40).start();
    place(Priority.NORMAL, 30);
    place(Priority.LOW, 20);

    assertThat(admission.waitNanos(Priority.HIGH)).isEqualTo(20);
    assertThat(admission.waitNanos(Priority.NORMAL)).isEqualTo(50);
    assertThat(admission.waitNanos(Priority.LOW)).isEqualTo(70);
  }

  @Test
  void thereIsNoWaitWhileThereIsAThread() {
    Admission two = new Admission("test", 2, 9);
    place(two, Priority.LOW, 400).start();

    assertThat(two.waitNanos(Priority.LOW)).isZero();
    place(two, Priority.HIGH, 400);
    assertThat(two.waitNanos(Priority.LOW)).isEqualTo(300);
  }

  @Test
  void refusesWorkThatWouldWaitLongerThanIsAllowedWithAHint() {
    place(Priority.LOW, 240 * MILLI).start();

    assertThatThrownBy(() -> admission.admit(Call.UNBOUNDED, Demand.light()))
        .hasMessage("the wait in the test queue is about 120 ms")
        .isInstanceOfSatisfying(
            RequestException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
              assertThat(e.retryAfterMillis().getAsLong()).isBetween(120L, 180L);
            });
  }

  @Test
  void refusesWorkThatWouldMissItsDeadlineForTheWaitAsOverload() {
    place(Priority.LOW, 60 * MILLI).start();
    FakeCall call = FakeCall.endingIn(40 * MILLI);

    assertThat(admission.admit(call, demand(Priority.NORMAL, 9 * MILLI))).isNotNull();
    assertThatThrownBy(() -> admission.admit(call, demand(Priority.HIGH, 10 * MILLI)))
        .hasMessage("the wait in the test queue is about 30 ms and the deadline is in 40 ms");
  }

  @Test
  void workThatTakesLongerThanItsDeadlineIsLateAndNotAskedToComeBack() {
    ComputeEstimate estimate = new ComputeEstimate();
    estimate.observe(1, 50 * MILLI);
    FakeCall call = FakeCall.endingIn(40 * MILLI);

    assertThatThrownBy(() -> Demand.within(call, Priority.HIGH, estimate, 1))
        .hasMessage("the answer takes about 50000 us and the deadline is in 40000 us")
        .isInstanceOfSatisfying(
            RequestException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
              assertThat(e.retryAfterMillis()).isEmpty();
            });
  }

  @Test
  void refusesBeforeDecodingOnlyWhereEvenAHighPriorityFindsNoPlace() {
    place(Priority.NORMAL, 0).start();
    place(Priority.HIGH, 0);
    Admission.Place low = place(Priority.LOW, 0);
    admission.requireRoom();
    low.handOver(Call.UNBOUNDED, demand(Priority.HIGH, 0));

    assertRefused(admission::requireRoom, ErrorCode.RESOURCE_EXHAUSTED);
  }

  @Test
  void aPlaceThatIsHandedOverCountsOnceAndForItsNewWork() {
    place(Priority.NORMAL, 0).start();
    Admission.Place low = place(Priority.LOW, 7);
    Admission.Place high = low.handOver(Call.UNBOUNDED, demand(Priority.HIGH, 5));
    low.giveBack();

    assertThat(admission.admitted()).isEqualTo(2);
    assertThat(admission.waitNanos(Priority.HIGH)).isEqualTo(5);
    high.giveBack();
    assertThat(admission.admitted()).isEqualTo(1);
    assertThat(admission.waitNanos(Priority.LOW)).isZero();
  }

  @Test
  void workThatRunsTogetherTakesOneThreadUntilTheLastOfItEnds() {
    Admission two = new Admission("test", 2, 9);
    List<Admission.Place> batch = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      batch.add(place(two, Priority.NORMAL, 40));
    }
    two.start(batch, 60);

    assertThat(two.running()).isEqualTo(3);
    assertThat(two.waitNanos(Priority.NORMAL)).isZero();
    place(two, Priority.NORMAL, 40).start();
    assertThat(two.waitNanos(Priority.NORMAL)).isEqualTo((60 + 40) / 2 / 2);
    batch.get(0).giveBack();
    batch.get(1).giveBack();
    assertThat(two.waitNanos(Priority.NORMAL)).isPositive();
    batch.get(2).giveBack();
    assertThat(two.waitNanos(Priority.NORMAL)).isZero();
    assertThat(two.admitted()).isEqualTo(1);
  }

  @Test
  void whatWillRunTogetherMakesOthersWaitForLessThanItTakesAlone() {
    ComputeEstimate estimate = new ComputeEstimate();
    for (int i = 0; i < 20; i++) {
      estimate.observe(10 + i, 500 * MILLI / 100 + (10 + i) * MILLI / 10);
    }
    Demand alone = Demand.within(Call.UNBOUNDED, Priority.NORMAL, estimate, 10);
    Demand shared = Demand.within(Call.UNBOUNDED, Priority.NORMAL, estimate, 10, 100);

    assertThat(alone.queuedNanos()).isEqualTo(alone.expectedNanos());
    assertThat(shared.expectedNanos()).isEqualTo(alone.expectedNanos());
    assertThat(shared.queuedNanos()).isBetween(MILLI * 14 / 10, MILLI * 16 / 10);
  }

  @Test
  void refusesWhatCouldNotBeAnsweredWithinTheTargetOrWithTimeLeftForTheWayBack() {
    Admission anchored =
        new Admission(
            "test",
            1,
            9,
            new QueueBounds(Duration.ofMillis(500), Duration.ofMillis(100), false),
            System::nanoTime);
    place(anchored, Priority.NORMAL, 0).start();
    place(anchored, Priority.NORMAL, 60 * MILLI);

    // 70 ms of 140 ms, less the 5 ms that it takes itself.
    assertThat(anchored.admit(FakeCall.endingIn(140 * MILLI), demand(Priority.NORMAL, 5 * MILLI)))
        .isNotNull();
    assertThatThrownBy(
            () ->
                anchored.admit(FakeCall.endingIn(133 * MILLI), demand(Priority.NORMAL, 5 * MILLI)))
        .hasMessage(
            "the wait in the test queue is about 65 ms; about 61 ms would leave time for an"
                + " answer");
    place(anchored, Priority.NORMAL, 30 * MILLI);
    assertThatThrownBy(() -> anchored.admit(Call.UNBOUNDED, demand(Priority.NORMAL, 10 * MILLI)))
        .hasMessageContaining("the wait in the test queue is about 95 ms");
  }

  /// However long the work takes, there is always some for a thread that gets free.
  @Test
  void aTargetThatCannotBeKeptLetsNoThreadGoIdle() {
    Admission anchored =
        new Admission(
            "test",
            1,
            9,
            new QueueBounds(Duration.ofSeconds(9), Duration.ofMillis(1), false),
            System::nanoTime);
    place(anchored, Priority.NORMAL, 800 * MILLI).start();

    place(anchored, Priority.NORMAL, 800 * MILLI);
    assertThatThrownBy(() -> anchored.admit(Call.UNBOUNDED, demand(Priority.NORMAL, 800 * MILLI)))
        .isInstanceOf(RequestException.class);
  }

  @Test
  void hintsHaveBounds() {
    Admission patient = new Admission("test", 1, 2);
    assertThat(patient.full(Priority.LOW).retryAfterMillis().getAsLong()).isBetween(10L, 15L);
    place(patient, Priority.LOW, TimeUnit.HOURS.toNanos(2)).start();

    assertThat(patient.full(Priority.LOW).retryAfterMillis().getAsLong()).isBetween(5_000L, 7_500L);
  }

  private Admission.Place place(Priority priority, long expectedNanos) {
    return place(admission, priority, expectedNanos);
  }

  private static Admission.Place place(Admission in, Priority priority, long expectedNanos) {
    return Objects.requireNonNull(in.admit(Call.UNBOUNDED, demand(priority, expectedNanos)));
  }

  private static Demand demand(Priority priority, long expectedNanos) {
    return new Demand(priority, expectedNanos, expectedNanos, nanos -> {});
  }

  private static void assertRefused(ThrowingCallable action, ErrorCode code) {
    assertThatThrownBy(action)
        .isInstanceOfSatisfying(RequestException.class, e -> assertThat(e.code()).isEqualTo(code));
  }
}
