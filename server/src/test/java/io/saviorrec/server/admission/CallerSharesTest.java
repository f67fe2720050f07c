package io.saviorrec.server.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.server.fakes.FakeCall;
import io.saviorrec.server.request.Priority;
import io.saviorrec.server.request.RequestException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class CallerSharesTest {
  private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

  private final AtomicLong clock = new AtomicLong();
  private final Deque<Admission.Place> places = new ArrayDeque<>();
  private Admission admission = new Admission("test", 1, 8, QueueBounds.SHARED, clock::get);

  @Test
  void aQueueIsHisWhoComesAlone() {
    fill("one", 9);

    assertThat(take("one", Priority.NORMAL)).isNull();
  }

  /// A writer with all the places of a queue would otherwise keep every other one out for ever.
  @Test
  void whoComesToAFullQueueFindsRoomAsSoonAsWorkEnds() {
    fill("greedy", 9);
    assertThat(take("modest", Priority.NORMAL)).isNull();
    end();

    assertRefused("greedy");
    assertThat(take("modest", Priority.NORMAL)).isNotNull();
  }

  @Test
  void halfOfTheQueueIsForWhoeverComes() {
    fill("modest", 1);
    fill("greedy", 3);
    assertThat(take("greedy", Priority.NORMAL)).isNotNull();
    assertRefused("greedy");
    fill("modest", 3);
    assertRefused("modest");
  }

  @Test
  void hisOwnLessImportantWorkCountsNotAgainstAnybody() {
    fill("modest", 1);
    fill("greedy", 4);
    assertRefused("greedy");

    assertThat(take("greedy", Priority.HIGH)).isNotNull();
  }

  @Test
  void whoHasNotComeForASecondIsForgotten() {
    fill("greedy", 4);
    assertThat(take("modest", Priority.NORMAL)).isNotNull();
    Objects.requireNonNull(places.pollLast()).giveBack();
    assertRefused("greedy");
    clock.addAndGet(TimeUnit.SECONDS.toNanos(2));

    assertThat(take("greedy", Priority.NORMAL)).isNotNull();
  }

  @Test
  void sharesCountTheTimeOfWorkToo() {
    admission =
        new Admission(
            "test",
            1,
            100,
            new QueueBounds(Duration.ofMillis(80), Duration.ofMillis(1000), true),
            clock::get);
    take("modest", 10 * MILLI);
    take("greedy", 20 * MILLI);
    take("greedy", 25 * MILLI);

    assertThatThrownBy(() -> take("greedy", 10 * MILLI)).isInstanceOf(RequestException.class);
    take("modest", 10 * MILLI);
  }

  private void fill(String caller, int count) {
    for (int i = 0; i < count; i++) {
      assertThat(take(caller, Priority.NORMAL)).isNotNull();
    }
  }

  private Admission.@org.jspecify.annotations.Nullable Place take(
      String caller, Priority priority) {
    Admission.Place place =
        admission.admit(new FakeCall().from(caller), new Demand(priority, 0, 0, nanos -> {}));
    if (place != null) {
      places.add(place);
    }
    return place;
  }

  private void take(String caller, long nanos) {
    assertThat(
            admission.admit(
                new FakeCall().from(caller), new Demand(Priority.NORMAL, nanos, 0, took -> {})))
        .isNotNull();
  }

  private void end() {
    places.pop().giveBack();
  }

  private void assertRefused(String caller) {
    assertThatThrownBy(() -> take(caller, Priority.NORMAL))
        .hasMessageContaining("of this caller are in the test queue")
        .isInstanceOfSatisfying(
            RequestException.class, e -> assertThat(e.retryAfterMillis()).isPresent());
  }
}
