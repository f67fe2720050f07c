package io.saviorrec.server.batching;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.server.admission.Admission;
import io.saviorrec.server.admission.ComputeEstimate;
import io.saviorrec.server.admission.Demand;
import io.saviorrec.server.admission.QueueBounds;
import io.saviorrec.server.fakes.FakeCall;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.Priority;
import io.saviorrec.server.request.RequestException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Offers a lane of one thread more than it can do, in a time that only the test lets pass.
///
/// An engine call takes [#CALL] and [#ROW] for each row; requests come at random times.
@Timeout(120)
class OverloadedLaneTest {
  private static final long MICRO = 1_000;
  private static final long MILLI = 1_000_000;
  private static final long CALL = 500 * MICRO;
  private static final long ROW = 10 * MICRO;
  private static final int ROWS = 50;
  private static final int BATCH_ROWS = 200;
  private static final Duration TARGET = Duration.ofMillis(60);
  private static final long DEADLINE = 100 * MILLI;
  private static final long NO_DEADLINE = Long.MAX_VALUE;

  /// Requests a second in full batches.
  private static final double CAPACITY = 1e9 / (CALL + BATCH_ROWS * ROW) * BATCH_ROWS / ROWS;

  private static final int REQUESTS = 6_000;
  private static final int WARM_UP = 1_000;

  private final AtomicLong clock = new AtomicLong();
  private final Admission admission =
      new Admission(
          "test", 1, 256, new QueueBounds(Duration.ofMillis(500), TARGET, true), clock::get);
  private final Lane lane = new Lane("test", admission, clock::get);
  private final ComputeEstimate estimate = new ComputeEstimate();
  private final Paced paced = new Paced();
  private final List<Offer> offers = new ArrayList<>();
  private final AtomicInteger ended = new AtomicInteger();
  private final SplittableRandom random = new SplittableRandom(3);

  /// What of the time an engine call takes is seen by nobody: it takes so many times as long as is
  /// measured.
  private double unseen = 1;

  private static final class Offer {
    final long cameAt;
    final long deadline;
    final FakeCall call;
    volatile long tookNanos;
    volatile boolean answered;
    volatile boolean refused;

    Offer(long cameAt, long deadline, FakeCall call) {
      this.cameAt = cameAt;
      this.deadline = deadline;
      this.call = call;
    }
  }

  /// Requests of the same size, whose call ends when the test's time has passed.
  private final class Paced implements Together<Integer, Boolean> {
    final Semaphore finish = new Semaphore(0);
    volatile long endsAt;
    volatile boolean busy;

    @Override
    public boolean fits(List<Integer> chosen, Integer next) {
      return (chosen.size() + 1) * ROWS <= BATCH_ROWS;
    }

    @Override
    public long expectedNanos(List<Integer> pieces) {
      return estimate.predictNanos(pieces.size() * ROWS);
    }

    @Override
    public List<Integer> run(List<Turn<Integer, Boolean>> turns) {
      endsAt = clock.get() + (long) ((CALL + (long) turns.size() * ROWS * ROW) * unseen);
      busy = true;
      finish.acquireUninterruptibly();
      for (Turn<Integer, Boolean> turn : turns) {
        try {
          turn.call().check();
          turn.succeed(true);
        } catch (RequestException e) {
          turn.fail(e);
        }
      }
      return turns.stream().map(Turn::piece).toList();
    }

    @Override
    public void took(List<Integer> pieces, long nanos) {
      estimate.observe(pieces.size() * ROWS, (long) (nanos / unseen));
    }
  }

  @AfterEach
  void stop() {
    paced.finish.release(REQUESTS);
    lane.drain(TimeUnit.SECONDS.toNanos(10));
  }

  @Test
  void atTwiceTheCapacityNineTenthsOfItAreAnsweredInTime() {
    offer(2 * CAPACITY, DEADLINE);

    assertThat(goodput()).isGreaterThan(0.9 * CAPACITY);
    assertThat(late()).isLessThan(0.01);
  }

  @Test
  void atFourTimesTheCapacityToo() {
    offer(4 * CAPACITY, DEADLINE);

    assertThat(goodput()).isGreaterThan(0.9 * CAPACITY);
    assertThat(late()).isLessThan(0.01);
  }

  @Test
  void aShortDeadlineCostsNoMore() {
    offer(4 * CAPACITY, 12 * MILLI);

    assertThat(goodput()).isGreaterThan(0.9 * CAPACITY);
    assertThat(late()).isLessThan(0.03);
  }

  @Test
  void withoutDeadlinesAnswersComeWithinTheTarget() {
    for (int times : new int[] {2, 4}) {
      offers.clear();
      ended.set(0);
      offer(times * CAPACITY, NO_DEADLINE);

      assertThat(goodput()).isGreaterThan(0.9 * CAPACITY);
      assertThat(latency(0.9)).isLessThan(TARGET.toNanos());
      assertThat(latency(0.99)).isLessThan(TARGET.toNanos() * 5 / 4);
    }
  }

  /// Such as another program that takes half of the cores.
  @Test
  void theTargetIsKeptThoughEverythingTakesTwiceAsLongAsIsMeasured() {
    unseen = 2;
    offer(2 * CAPACITY, NO_DEADLINE);

    assertThat(goodput()).isGreaterThan(0.9 * CAPACITY / 2);
    assertThat(latency(0.5)).isLessThan(TARGET.toNanos());
    assertThat(admission.latencyShare()).isLessThan(0.7);
  }

  /// First in, first out: the queue learns to refuse earlier, and serves nobody too late.
  @Test
  void deadlinesAreKeptThoughEverythingTakesTwiceAsLongAsIsMeasured() {
    unseen = 2;
    offer(2 * CAPACITY, DEADLINE);

    assertThat(goodput()).isGreaterThan(0.9 * CAPACITY / 2);
    assertThat(late()).isLessThan(0.05);
  }

  @Test
  void nothingIsRefusedWhileThereIsRoom() {
    offer(0.6 * CAPACITY, DEADLINE);

    assertThat(offers).allMatch(offer -> offer.answered);
    assertThat(admission.latencyShare()).isEqualTo(1);
  }

  private void offer(double perSecond, long deadline) {
    long next = clock.get();
    while (ended.get() < REQUESTS) {
      long end = paced.busy ? paced.endsAt : Long.MAX_VALUE;
      if (offers.size() < REQUESTS && next <= end) {
        clock.set(Math.max(clock.get(), next));
        submit(deadline);
        next += (long) (-Math.log(1 - random.nextDouble()) * 1e9 / perSecond);
      } else {
        clock.set(Math.max(clock.get(), end));
        expire();
        paced.busy = false;
        paced.finish.release();
      }
      settle();
    }
  }

  private void submit(long deadline) {
    long until = deadline == NO_DEADLINE ? NO_DEADLINE : clock.get() + deadline;
    Offer offer =
        new Offer(
            clock.get(),
            until,
            new FakeCall(() -> until == NO_DEADLINE ? NO_DEADLINE : until - clock.get()));
    offers.add(offer);
    try {
      Demand demand = Demand.within(offer.call, Priority.NORMAL, estimate, ROWS, BATCH_ROWS);
      var _ =
          lane.submit(offer.call, demand, paced, offers.size())
              .whenComplete((value, failure) -> end(offer, failure == null));
    } catch (RequestException e) {
      offer.refused = e.code() == ErrorCode.RESOURCE_EXHAUSTED;
      end(offer, false);
    }
  }

  private void end(Offer offer, boolean answered) {
    offer.tookNanos = clock.get() - offer.cameAt;
    offer.answered = answered;
    ended.incrementAndGet();
  }

  /// As the timers of calls do.
  private void expire() {
    for (Offer offer : offers) {
      if (offer.deadline <= clock.get() && offer.tookNanos == 0 && !offer.refused) {
        offer.call.expire();
      }
    }
  }

  /// Waits until the thread runs something or has nothing to do.
  private void settle() {
    while (ended.get() + admission.admitted() != offers.size()
        || (!paced.busy && admission.admitted() > 0)) {
      if (Thread.interrupted()) {
        throw new AssertionError("what the test waits for does not happen");
      }
      Thread.onSpinWait();
    }
  }

  /// Answers a second, once the estimates are warm.
  private double goodput() {
    List<Offer> warm = offers.subList(WARM_UP, offers.size());
    double seconds = (warm.getLast().cameAt - warm.getFirst().cameAt) / 1e9;
    return warm.stream().filter(offer -> offer.answered).count() / seconds;
  }

  /// The share of what was taken on that was late.
  private double late() {
    long taken = offers.stream().filter(offer -> !offer.refused).count();
    return offers.stream().filter(offer -> !offer.refused && !offer.answered).count()
        / (double) taken;
  }

  private long latency(double share) {
    long[] sorted =
        offers.subList(WARM_UP, offers.size()).stream()
            .filter(offer -> offer.answered)
            .mapToLong(offer -> offer.tookNanos)
            .sorted()
            .toArray();
    return sorted[(int) (share * sorted.length)];
  }
}
