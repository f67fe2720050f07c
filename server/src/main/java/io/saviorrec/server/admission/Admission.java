package io.saviorrec.server.admission;

import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.Priority;
import io.saviorrec.server.request.RequestException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Decides whether work is taken on: its call must still be waited for, there must be room, and its
/// turn must come early enough.
///
/// Room: as many pieces of work as can run at once, and those that may wait for them.
///
/// Wait: what the work that goes first should still take, divided by what runs at once. Work that
/// would wait longer than is allowed, or so long that it would miss its deadline, is refused with
/// RESOURCE_EXHAUSTED, which carries a hint when to come back.
///
/// Shutdown: after [#close] everything is refused with UNAVAILABLE; what was admitted keeps its
/// place.
/*
 * Concurrency: all counts change under one lock, together with the state of the place that they
 * change for; so each place is counted once, as waiting or as running, from its making to its end.
 */
public final class Admission {
  private static final Duration NO_BOUND = Duration.ofNanos(Long.MAX_VALUE);
  private static final long MIN_HINT_MILLIS = 10;
  private static final long MAX_HINT_MILLIS = 5_000;

  private final String name;
  private final int atOnce;
  private final int queueCapacity;
  private final long queueTimeNanos;
  private final Object lock = new Object();
  private final int[] waiting = new int[Priority.COUNT];
  private final long[] waitingNanos = new long[Priority.COUNT];
  private int running;
  private long runningNanos;
  private boolean closed;

  private enum State {
    WAITING,
    RUNNING,
    GIVEN_BACK
  }

  /// A place for one piece of work, until it is given back.
  public final class Place {
    private final Demand demand;
    private State state = State.WAITING;

    private Place(Demand demand) {
      this.demand = demand;
    }

    /// The work's turn has come.
    public void start() {
      synchronized (lock) {
        if (state != State.WAITING) {
          throw new IllegalStateException("work starts whose place is " + state);
        }
        leaveQueue();
        state = State.RUNNING;
        running++;
        runningNanos += demand.expectedNanos();
      }
    }

    /// Gives the place back, once however often it is called.
    public void giveBack() {
      synchronized (lock) {
        switch (state) {
          case WAITING -> leaveQueue();
          case RUNNING -> {
            running--;
            runningNanos -= demand.expectedNanos();
          }
          case GIVEN_BACK -> {}
        }
        state = State.GIVEN_BACK;
      }
    }

    /// Gives the place of work that waits, and will not run, to other work.
    public Place handOver(Demand other) {
      synchronized (lock) {
        if (state != State.WAITING) {
          throw new IllegalStateException("a place is handed over that is " + state);
        }
        giveBack();
        return enter(other);
      }
    }

    private void leaveQueue() {
      waiting[demand.priority().rank()]--;
      waitingNanos[demand.priority().rank()] -= demand.expectedNanos();
    }
  }

  /// Work may wait for any time.
  ///
  /// @param name of the queue, for errors
  /// @param atOnce pieces of work that run at once
  /// @param queueCapacity pieces of work that may wait
  public Admission(String name, int atOnce, int queueCapacity) {
    this(name, atOnce, queueCapacity, NO_BOUND);
  }

  /// @param name of the queue, for errors
  /// @param atOnce pieces of work that run at once
  /// @param queueCapacity pieces of work that may wait
  /// @param queueTime work that would wait longer is refused
  public Admission(String name, int atOnce, int queueCapacity, Duration queueTime) {
    this.name = name;
    this.atOnce = atOnce;
    this.queueCapacity = queueCapacity;
    this.queueTimeNanos = queueTime.toNanos();
  }

  /// A place for a call's work, null when every place is taken.
  ///
  /// @throws RequestException saying why there is none
  public @Nullable Place admit(Call call, Demand demand) {
    call.check();
    long remaining = call.remainingNanos();
    synchronized (lock) {
      requireOpen();
      long wait = waitNanos(demand.priority());
      if (wait > queueTimeNanos) {
        throw refusal(
            demand.priority(),
            "the wait in the " + name + " queue is about " + millis(wait) + " ms");
      }
      if (wait >= remaining - demand.neededNanos()) {
        throw refusal(
            demand.priority(),
            "the wait in the "
                + name
                + " queue is about "
                + millis(wait)
                + " ms and the deadline is in "
                + millis(remaining)
                + " ms");
      }
      return admitted() < limit() ? enter(demand) : null;
    }
  }

  /// Under the lock.
  private Place enter(Demand demand) {
    waiting[demand.priority().rank()]++;
    waitingNanos[demand.priority().rank()] += demand.expectedNanos();
    return new Place(demand);
  }

  /// How long work of this priority would wait if it came now: what is before it, with half of what
  /// runs, as that has been running for a while. Zero while there is a thread for it.
  public long waitNanos(Priority priority) {
    synchronized (lock) {
      int ahead = running;
      long nanos = runningNanos / 2;
      for (int rank = 0; rank <= priority.rank(); rank++) {
        ahead += waiting[rank];
        nanos += waitingNanos[rank];
      }
      return ahead < atOnce ? 0 : nanos / atOnce;
    }
  }

  /// Fails when work of the highest priority would find no place, whatever its call says, so that a
  /// request can be refused before it is decoded.
  public void requireRoom() {
    synchronized (lock) {
      requireOpen();
      int notPushedOut = running + waiting[Priority.HIGH.rank()];
      if (admitted() >= limit() && notPushedOut >= limit()) {
        throw full(Priority.HIGH);
      }
    }
  }

  /// Fails when nothing is admitted any more.
  public void requireOpen() {
    synchronized (lock) {
      if (closed) {
        throw new RequestException(ErrorCode.UNAVAILABLE, "the server is shutting down");
      }
    }
  }

  /// What work is refused with that found every place taken.
  public RequestException full(Priority priority) {
    return refusal(
        priority, "the " + name + " queue is full: " + queueCapacity + " requests wait already");
  }

  /// What work is refused with whose place was given to more important work.
  public RequestException pushedOut(Priority priority) {
    return refusal(
        priority, "the " + name + " queue is full, and a request of higher priority came");
  }

  /// The hint is the time in which the work before it should have run. It is stretched by up to a
  /// half at random, so that those that are refused together do not come back together.
  private RequestException refusal(Priority priority, String why) {
    double stretch = 1 + ThreadLocalRandom.current().nextDouble() / 2;
    long hint = Math.clamp(millis(waitNanos(priority)), MIN_HINT_MILLIS, MAX_HINT_MILLIS);
    return RequestException.exhausted(why, Math.round(hint * stretch));
  }

  private static long millis(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(nanos);
  }

  /// The most pieces of work that are admitted at one time.
  public int limit() {
    return atOnce + queueCapacity;
  }

  /// Pieces of work that have a place.
  public int admitted() {
    synchronized (lock) {
      int all = running;
      for (int each : waiting) {
        all += each;
      }
      return all;
    }
  }

  /// Pieces of work that run at once.
  public int atOnce() {
    return atOnce;
  }

  /// Admits nothing from now on.
  public void close() {
    synchronized (lock) {
      closed = true;
    }
  }
}
