package io.saviorrec.server.batching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.server.admission.Admission;
import io.saviorrec.server.admission.Demand;
import io.saviorrec.server.fakes.FakeCall;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class LaneTest {
  private final AtomicLong clock = new AtomicLong();
  private final Admission admission = new Admission("test", 1, 2);
  private final List<Throwable> fatal = new CopyOnWriteArrayList<>();
  private final Lane lane = new Lane("test", admission, clock::get, fatal::add);
  private final CountDownLatch gate = new CountDownLatch(1);

  @AfterEach
  void stop() {
    gate.countDown();
    lane.drain(TimeUnit.SECONDS.toNanos(5));
  }

  @Test
  void refusesWorkWhenTheQueueIsFull() throws Exception {
    occupy();
    assertThat(queue(Call.UNBOUNDED)).isNotDone();
    assertThat(queue(Call.UNBOUNDED)).isNotDone();

    assertFails(() -> queue(Call.UNBOUNDED), ErrorCode.RESOURCE_EXHAUSTED);
  }

  @Test
  void saysHowLongWorkWaited() throws Exception {
    occupy();
    CompletableFuture<Long> waited = lane.submit(Call.UNBOUNDED, Demand.light(), queued -> queued);
    clock.addAndGet(77);
    gate.countDown();

    assertThat(waited.get(10, TimeUnit.SECONDS)).isEqualTo(77);
  }

  @Test
  void dropsExpiredWorkBeforeItRuns() throws Exception {
    occupy();
    FakeCall call = new FakeCall();
    AtomicBoolean ran = new AtomicBoolean();
    CompletableFuture<Boolean> late =
        lane.submit(
            call,
            Demand.light(),
            queued -> {
              ran.set(true);
              return true;
            });
    call.expireSilently();
    gate.countDown();

    assertFailed(late, ErrorCode.DEADLINE_EXCEEDED);
    assertThat(ran).isFalse();
  }

  @Test
  void workThatNobodyWaitsForGivesUpItsPlaceAtOnce() throws Exception {
    occupy();
    FakeCall expiring = new FakeCall();
    FakeCall cancelled = new FakeCall();
    CompletableFuture<Boolean> first = queue(expiring);
    CompletableFuture<Boolean> second = queue(cancelled);
    expiring.expire();
    cancelled.cancel();

    assertFailed(first, ErrorCode.DEADLINE_EXCEEDED);
    assertFailed(second, ErrorCode.CANCELLED);
    assertThat(lane.queued()).isZero();
    assertThat(queue(Call.UNBOUNDED)).isNotDone();
  }

  @Test
  void refusesWorkOfACallThatIsOver() {
    FakeCall call = new FakeCall();
    call.expire();

    assertFails(() -> queue(call), ErrorCode.DEADLINE_EXCEEDED);
  }

  @Test
  void passesOnWhatWorkThrows() {
    IllegalStateException failure = new IllegalStateException("broken");
    CompletableFuture<Object> result =
        lane.submit(
            Call.UNBOUNDED,
            Demand.light(),
            queued -> {
              throw failure;
            });

    assertThatThrownBy(() -> result.get(10, TimeUnit.SECONDS)).hasRootCause(failure);
  }

  @Test
  void refusesNewWorkOnceItDrainsButFinishesWhatItAdmitted() throws Exception {
    occupy();
    CompletableFuture<Boolean> admitted = queue(Call.UNBOUNDED);
    CompletableFuture<Boolean> drained =
        CompletableFuture.supplyAsync(() -> lane.drain(TimeUnit.SECONDS.toNanos(20)));
    gate.countDown();

    assertThat(drained.get(20, TimeUnit.SECONDS)).isTrue();
    assertThat(admitted).isCompletedWithValue(true);
    assertFails(() -> queue(Call.UNBOUNDED), ErrorCode.UNAVAILABLE);
    assertFails(admission::requireOpen, ErrorCode.UNAVAILABLE);
  }

  @Test
  void failsWhatCannotEndWithinTheDrainBound() throws Exception {
    occupy();
    CompletableFuture<Boolean> waiting = queue(Call.UNBOUNDED);

    assertThat(lane.drain(0)).isFalse();
    assertFailed(waiting, ErrorCode.UNAVAILABLE);
  }

  private void occupy() throws InterruptedException {
    CountDownLatch running = new CountDownLatch(1);
    CompletableFuture<Boolean> unused =
        lane.submit(
            Call.UNBOUNDED,
            Demand.light(),
            queued -> {
              running.countDown();
              gate.await();
              return true;
            });
    assertThat(unused).isNotNull();
    running.await();
  }

  private CompletableFuture<Boolean> queue(Call call) {
    return lane.submit(call, Demand.light(), queued -> true);
  }

  private static void assertFails(ThrowingCallable action, ErrorCode code) {
    assertThatThrownBy(action)
        .isInstanceOfSatisfying(RequestException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  private static void assertFailed(CompletableFuture<?> result, ErrorCode code) {
    assertThatThrownBy(() -> result.get(10, TimeUnit.SECONDS))
        .cause()
        .isInstanceOfSatisfying(RequestException.class, e -> assertThat(e.code()).isEqualTo(code));
  }
}
