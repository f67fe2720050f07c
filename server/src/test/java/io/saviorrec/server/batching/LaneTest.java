package io.saviorrec.server.batching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.server.admission.Admission;
import io.saviorrec.server.admission.Demand;
import io.saviorrec.server.fakes.FakeCall;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.Priority;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.request.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class LaneTest {
  private static final List<Priority> PRIORITIES = List.of(Priority.values());

  private final AtomicLong clock = new AtomicLong();
  private final Admission admission = new Admission("test", 1, 2);
  private final Lane lane = new Lane("test", admission, clock::get);
  private final Lane wide = new Lane("wide", new Admission("test", 1, 9), clock::get);
  private final CountDownLatch gate = new CountDownLatch(1);

  @AfterEach
  void stop() {
    gate.countDown();
    lane.drain(TimeUnit.SECONDS.toNanos(5));
    wide.drain(TimeUnit.SECONDS.toNanos(5));
  }

  @Test
  void refusesWorkWhenTheQueueIsFull() throws Exception {
    occupy(lane);
    assertThat(queue(Call.UNBOUNDED)).isNotDone();
    assertThat(queue(Call.UNBOUNDED)).isNotDone();

    assertFails(() -> queue(Call.UNBOUNDED), ErrorCode.RESOURCE_EXHAUSTED);
  }

  @Test
  void saysHowLongWorkWaited() throws Exception {
    occupy(lane);
    CompletableFuture<Long> waited = lane.submit(Call.UNBOUNDED, Demand.light(), queued -> queued);
    clock.addAndGet(77);
    gate.countDown();

    assertThat(waited.get(10, TimeUnit.SECONDS)).isEqualTo(77);
  }

  @Test
  void dropsExpiredWorkBeforeItRuns() throws Exception {
    occupy(lane);
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
    occupy(lane);
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
    occupy(lane);
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
    occupy(lane);
    CompletableFuture<Boolean> waiting = queue(Call.UNBOUNDED);

    assertThat(lane.drain(0)).isFalse();
    assertFailed(waiting, ErrorCode.UNAVAILABLE);
  }

  @Test
  void higherPrioritiesGoFirstAndEachInTheOrderOfArrival() throws Exception {
    occupy(wide);
    List<String> ran = new CopyOnWriteArrayList<>();
    List<CompletableFuture<Boolean>> all = new ArrayList<>();
    all.add(note(wide, ran, "low 1", Priority.LOW));
    all.add(note(wide, ran, "normal 1", Priority.NORMAL));
    all.add(note(wide, ran, "high 1", Priority.HIGH));
    clock.addAndGet(Lane.OVERTAKE - 1);
    all.add(note(wide, ran, "normal 2", Priority.NORMAL));
    all.add(note(wide, ran, "high 2", Priority.HIGH));
    gate.countDown();
    finish(all);

    assertThat(ran).containsExactly("high 1", "high 2", "normal 1", "normal 2", "low 1");
  }

  @Test
  void noPriorityWaitsForEver() throws Exception {
    occupy(wide);
    List<String> ran = new CopyOnWriteArrayList<>();
    List<CompletableFuture<Boolean>> all = new ArrayList<>();
    all.add(note(wide, ran, "low", Priority.LOW));
    clock.addAndGet(Lane.OVERTAKE + 1);
    all.add(note(wide, ran, "normal", Priority.NORMAL));
    clock.addAndGet(Lane.OVERTAKE);
    all.add(note(wide, ran, "high", Priority.HIGH));
    gate.countDown();
    finish(all);

    assertThat(ran).containsExactly("low", "normal", "high");
  }

  /// The deadline of the second would be first.
  @Test
  void withinAPriorityAShorterDeadlineDoesNotPushIn() throws Exception {
    occupy(wide);
    List<String> ran = new CopyOnWriteArrayList<>();
    List<CompletableFuture<Boolean>> all = new ArrayList<>();
    all.add(note(wide, ran, "patient", Priority.NORMAL));
    all.add(
        wide.submit(
            FakeCall.endingIn(1_000_000), demand(Priority.NORMAL), queued -> ran.add("hasty")));
    gate.countDown();
    finish(all);

    assertThat(ran).containsExactly("patient", "hasty");
  }

  @Test
  void aFullQueueGivesThePlaceOfTheYoungestOfTheLowestPriority() throws Exception {
    occupy(lane);
    FakeCall olderCall = new FakeCall();
    CompletableFuture<Boolean> older = lane.submit(olderCall, demand(Priority.LOW), queued -> true);
    CompletableFuture<Boolean> younger = queue(lane, Priority.LOW);
    CompletableFuture<Boolean> high = queue(lane, Priority.HIGH);

    assertThatThrownBy(younger::get)
        .hasRootCauseMessage("the test queue is full, and a request of higher priority came")
        .cause()
        .isInstanceOfSatisfying(
            RequestException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
              assertThat(e.retryAfterMillis()).isPresent();
            });
    assertThat(admission.admitted()).isEqualTo(3);
    assertFails(() -> queue(lane, Priority.LOW), ErrorCode.RESOURCE_EXHAUSTED);
    CompletableFuture<Boolean> normal = queue(lane, Priority.NORMAL);
    assertFailed(older, ErrorCode.RESOURCE_EXHAUSTED);
    // Its end, which comes later, must not give the place back that it no longer has.
    olderCall.cancel();
    assertThat(admission.admitted()).isEqualTo(3);
    assertFails(() -> queue(lane, Priority.NORMAL), ErrorCode.RESOURCE_EXHAUSTED);
    gate.countDown();
    finish(List.of(high, normal));
    assertThat(admission.admitted()).isZero();
  }

  @Test
  void doesNotBeginWorkThatCannotEndInTime() throws Exception {
    occupy(lane);
    AtomicLong left = new AtomicLong(1000);
    AtomicBoolean ran = new AtomicBoolean();
    CompletableFuture<Boolean> late =
        lane.submit(
            new FakeCall(left::get),
            new Demand(Priority.NORMAL, 0, 500, nanos -> {}),
            queued -> ran.getAndSet(true));
    left.set(499);
    gate.countDown();

    assertFailed(late, ErrorCode.DEADLINE_EXCEEDED);
    assertThat(ran).isFalse();
    assertThat(admission.admitted()).isZero();
  }

  @Test
  void saysHowLongWorkTookAndThatLateWorkTookAtLeastSoLong() {
    List<Long> took = new CopyOnWriteArrayList<>();
    Demand demand = new Demand(Priority.NORMAL, 20, 0, took::add);
    for (long nanos : new long[] {10, 19, 21}) {
      CompletableFuture<Boolean> late =
          lane.submit(
              Call.UNBOUNDED,
              demand,
              queued -> {
                clock.addAndGet(nanos);
                throw new RequestException(ErrorCode.DEADLINE_EXCEEDED, "late");
              });
      assertFailed(late, ErrorCode.DEADLINE_EXCEEDED);
    }
    CompletableFuture<Long> done =
        lane.submit(Call.UNBOUNDED, demand, queued -> clock.addAndGet(7));
    assertThat(done.join()).isPositive();

    assertThat(took).containsExactly(21L, 7L);
  }

  @Test
  void anErrorOfTheEngineCostsItsRequestAloneAndNoThread() {
    for (Throwable error :
        List.of(
            new StackOverflowError(),
            new IllegalStateException("libtorch"),
            new UnsatisfiedLinkError("gone"),
            new AssertionError("broken"))) {
      CompletableFuture<Boolean> failed =
          lane.submit(
              Call.UNBOUNDED,
              Demand.light(),
              queued -> {
                throwIt(error);
                return true;
              });
      assertThatThrownBy(() -> failed.get(10, TimeUnit.SECONDS)).hasCause(error);
      assertThat(queue(Call.UNBOUNDED).join()).isTrue();
    }
    assertThat(admission.admitted()).isZero();
  }

  @Test
  void theTimeInTheQueueIsTheCallsHoweverItEnds() throws Exception {
    occupy(lane);
    FakeCall ran = new FakeCall();
    FakeCall cancelled = new FakeCall();
    CompletableFuture<Boolean> first = queue(ran);
    CompletableFuture<Boolean> second = queue(cancelled);
    clock.addAndGet(50);
    cancelled.cancel();
    clock.addAndGet(20);
    gate.countDown();
    assertThat(first.get(10, TimeUnit.SECONDS)).isTrue();
    assertFailed(second, ErrorCode.CANCELLED);

    assertThat(ran.times().nanos(Stage.QUEUE)).isEqualTo(70);
    assertThat(cancelled.times().nanos(Stage.QUEUE)).isEqualTo(50);
  }

  /// Submits, push-outs, ends of calls and runs, all at once, and then counts.
  @Test
  void losesNoPlaceAndNoWorkHoweverSubmitsAndEndsRace() throws Exception {
    Admission shared = new Admission("test", 2, 3);
    Lane racing = new Lane("racing", shared, System::nanoTime);
    AtomicInteger ended = new AtomicInteger();
    AtomicInteger ran = new AtomicInteger();
    AtomicInteger answered = new AtomicInteger();
    int threads = 4;
    int each = 5_000;
    List<CompletableFuture<Void>> callers = new ArrayList<>();
    for (int caller = 0; caller < threads; caller++) {
      SplittableRandom random = new SplittableRandom(caller);
      callers.add(
          CompletableFuture.runAsync(
              () -> {
                for (int i = 0; i < each; i++) {
                  FakeCall call = new FakeCall();
                  Priority priority = PRIORITIES.get(random.nextInt(Priority.COUNT));
                  try {
                    var _ =
                        racing
                            .submit(call, demand(priority), queued -> ran.incrementAndGet())
                            .whenComplete(
                                (value, failure) -> {
                                  ended.incrementAndGet();
                                  if (failure == null) {
                                    answered.incrementAndGet();
                                  }
                                });
                  } catch (RequestException e) {
                    ended.incrementAndGet();
                  }
                  if (random.nextInt(3) == 0) {
                    call.cancel();
                  }
                }
              },
              task -> new Thread(task).start()));
    }
    for (CompletableFuture<Void> caller : callers) {
      caller.get(60, TimeUnit.SECONDS);
    }
    assertThat(racing.drain(TimeUnit.SECONDS.toNanos(20))).isTrue();

    assertThat(ended).hasValue(threads * each);
    assertThat(ran).hasValue(answered.get());
    assertThat(shared.admitted()).isZero();
    for (Priority priority : Priority.values()) {
      assertThat(shared.waitNanos(priority)).isZero();
    }
  }

  private static Demand demand(Priority priority) {
    return new Demand(priority, 1, 0, nanos -> {});
  }

  private static CompletableFuture<Boolean> note(
      Lane lane, List<String> ran, String name, Priority priority) {
    return lane.submit(Call.UNBOUNDED, demand(priority), queued -> ran.add(name));
  }

  private static CompletableFuture<Boolean> queue(Lane lane, Priority priority) {
    return lane.submit(Call.UNBOUNDED, demand(priority), queued -> true);
  }

  private static void finish(List<CompletableFuture<Boolean>> all) throws Exception {
    for (CompletableFuture<Boolean> each : all) {
      assertThat(each.get(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  /// As code that was compiled without knowledge of it would.
  @SuppressWarnings("unchecked")
  private static <T extends Throwable> void throwIt(Throwable error) throws T {
    throw (T) error;
  }

  private void occupy(Lane lane) throws InterruptedException {
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
