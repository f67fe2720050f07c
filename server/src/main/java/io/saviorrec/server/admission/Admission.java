package io.saviorrec.server.admission;

import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.Priority;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.request.Stage;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Decides whether work is taken on: its call must still be waited for, there must be room, and its
/// turn must come early enough.
///
/// Room: as many pieces of work as can run at once, and those that may wait for them.
///
/// Wait: what the work that goes first should still take, divided by what runs at once. Work that
/// would wait longer than is allowed, or so long that it would miss its deadline, is refused with
/// RESOURCE_EXHAUSTED, which carries a hint when to come back. With a latency target the wait is
/// held to what [LatencyLimit] learns; but work that only runs before it, and none waits, is taken
/// on.
///
/// Shares: where callers share the queue and it is half full, or the wait half as long as allowed,
/// a caller that holds its equal part of it already is refused. While only one caller comes, the
/// queue is its own.
///
/// Shutdown: after [#close] everything is refused with UNAVAILABLE; what was admitted keeps its
/// place.
/*
 * Concurrency: all counts change under one lock, together with the state of the place that they
 * change for; so each place is counted once, as waiting or as running, from its making to its end.
 */
public final class Admission {
  private static final long MIN_HINT_MILLIS = 10;
  private static final long MAX_HINT_MILLIS = 5_000;

  private final String name;
  private final int atOnce;
  private final int queueCapacity;
  private final QueueBounds bounds;
  private final long longestWaitNanos;
  private final LongSupplier nanoTime;
  private final @Nullable LatencyLimit latency;
  private final CallerShares callers;
  private final Object lock = new Object();
  private final int[] waiting = new int[Priority.COUNT];
  private final long[] waitingNanos = new long[Priority.COUNT];
  private int running;
  private int busy;
  private long busyNanos;
  private boolean closed;

  private enum State {
    WAITING,
    RUNNING,
    GIVEN_BACK
  }

  /// Pieces of work that run together on one thread.
  private static final class Run {
    private final long expectedNanos;
    private int left;

    Run(int pieces, long expectedNanos) {
      this.left = pieces;
      this.expectedNanos = expectedNanos;
    }
  }

  /// A place for one piece of work, until it is given back.
  public final class Place {
    private final Demand demand;
    private final CallerShares.Held holder;

    /// The call's time before it came here, and what it should take at most, on the whole.
    private final long spentNanos;

    private final long goalNanos;
    private final boolean mustWait;
    private State state = State.WAITING;
    private @Nullable Run run;

    private Place(
        Demand demand,
        CallerShares.Held holder,
        long spentNanos,
        long goalNanos,
        boolean mustWait) {
      this.demand = demand;
      this.holder = holder;
      this.spentNanos = spentNanos;
      this.goalNanos = goalNanos;
      this.mustWait = mustWait;
    }

    /// The work's turn has come, and it runs alone.
    public void start() {
      Admission.this.start(List.of(this), demand.expectedNanos());
    }

    /// Says how long it was from the work's admission to its answer, or to its deadline.
    public void took(long nanos) {
      synchronized (lock) {
        if (latency != null && mustWait) {
          latency.ended(nanoTime.getAsLong(), spentNanos + nanos, goalNanos);
        }
      }
    }

    /// Gives the place back, once however often it is called.
    public void giveBack() {
      synchronized (lock) {
        switch (state) {
          case WAITING -> leaveQueue();
          case RUNNING -> leaveThread();
          case GIVEN_BACK -> {}
        }
        state = State.GIVEN_BACK;
      }
    }

    /// Gives the place of work that waits, and will not run, to other work.
    public Place handOver(Call call, Demand other) {
      synchronized (lock) {
        if (state != State.WAITING) {
          throw new IllegalStateException("a place is handed over that is " + state);
        }
        giveBack();
        return enter(call, other, true);
      }
    }

    private void leaveQueue() {
      waiting[demand.priority().rank()]--;
      waitingNanos[demand.priority().rank()] -= demand.queuedNanos();
      holder.remove(demand);
    }

    private void leaveThread() {
      running--;
      Run with = run;
      if (with != null && --with.left == 0) {
        busy--;
        busyNanos -= with.expectedNanos;
      }
    }
  }

  /// Work may wait for any time.
  ///
  /// @param name of the queue, for errors
  /// @param atOnce pieces of work that run at once
  /// @param queueCapacity pieces of work that may wait
  public Admission(String name, int atOnce, int queueCapacity) {
    this(name, atOnce, queueCapacity, QueueBounds.ANY, System::nanoTime);
  }

  /// @param name of the queue, for errors
  /// @param atOnce threads: pieces of work that run at once, or batches of them
  /// @param queueCapacity pieces of work that may wait
  /// @param bounds what may wait how long
  public Admission(
      String name, int atOnce, int queueCapacity, QueueBounds bounds, LongSupplier nanoTime) {
    this.name = name;
    this.atOnce = atOnce;
    this.queueCapacity = queueCapacity;
    this.bounds = bounds;
    this.longestWaitNanos = bounds.longestWait().toNanos();
    this.nanoTime = nanoTime;
    this.latency = bounds.hasTarget() ? new LatencyLimit(bounds.latencyTarget().toNanos()) : null;
    this.callers = new CallerShares(nanoTime.getAsLong());
  }

  /// A place for a call's work, null when every place is taken.
  ///
  /// @throws RequestException saying why there is none
  public @Nullable Place admit(Call call, Demand demand) {
    call.check();
    synchronized (lock) {
      requireOpen();
      long wait = waitNanos(demand.priority());
      long allowed = allowedWait(call, demand);
      requireWait(call, demand, wait, allowed);
      // Whoever comes is known from now on, so that those who hold much leave him room.
      CallerShares.Held held = holder(call);
      if (taken(Priority.LOW) >= limit()) {
        return null;
      }
      requireShare(call, held, demand, wait, allowed);
      return enter(call, demand, wait > 0);
    }
  }

  /// Threads that work, and places of work that waits and goes before one of this priority. Under
  /// the lock.
  private int taken(Priority priority) {
    return busy + waitingBefore(priority);
  }

  /// The longest wait by what the call and the target leave. Under the lock.
  private long allowedWait(Call call, Demand demand) {
    if (latency == null) {
      return longestWaitNanos;
    }
    long left = goalNanos(call) - spentNanos(call) - demand.expectedNanos();
    return Math.min(longestWaitNanos, latency.longestWait(left));
  }

  private void requireWait(Call call, Demand demand, long wait, long allowed) {
    if (wait > longestWaitNanos) {
      throw refusal(demand.priority(), waitText(wait));
    }
    long remaining = call.remainingNanos();
    if (wait >= remaining - demand.neededNanos()) {
      throw refusal(
          demand.priority(),
          waitText(wait) + " and the deadline is in " + millis(remaining) + " ms");
    }
    if (wait > allowed && waitingBefore(demand.priority()) > 0) {
      throw refusal(
          demand.priority(),
          waitText(wait) + "; about " + millis(allowed) + " ms would leave time for an answer");
    }
  }

  private String waitText(long wait) {
    return "the wait in the " + name + " queue is about " + millis(wait) + " ms";
  }

  private void requireShare(
      Call call, CallerShares.Held held, Demand demand, long wait, long allowed) {
    long others = callers.callers();
    int places = held.places(demand.priority());
    if (!bounds.shares() || others == 1 || places == 0 || call.source().equals(Call.OWN)) {
      return;
    }
    boolean ofPlaces =
        2 * waitingBefore(Priority.LOW) >= queueCapacity && places * others >= queueCapacity;
    boolean ofTime =
        wait > allowed / 2 && held.nanos(demand.priority()) / atOnce > allowed / others;
    if (ofPlaces || ofTime) {
      throw refusal(
          demand.priority(),
          places
              + " requests of this caller are in the "
              + name
              + " queue, which is its share while others use it");
    }
  }

  private CallerShares.Held holder(Call call) {
    return callers.of(call.source(), nanoTime.getAsLong());
  }

  private long goalNanos(Call call) {
    long remaining = call.remainingNanos();
    if (latency == null) {
      return remaining;
    }
    return latency.goalNanos(
        remaining == Long.MAX_VALUE ? remaining : remaining + spentNanos(call));
  }

  private static long spentNanos(Call call) {
    return call.times().nanos(Stage.DECODE) + call.times().nanos(Stage.ROUTE);
  }

  /// Under the lock.
  private Place enter(Call call, Demand demand, boolean mustWait) {
    Place place = new Place(demand, holder(call), spentNanos(call), goalNanos(call), mustWait);
    waiting[demand.priority().rank()]++;
    waitingNanos[demand.priority().rank()] += demand.queuedNanos();
    place.holder.add(demand);
    return place;
  }

  /// The turn of pieces of work has come, which run together on one thread.
  ///
  /// @param expectedNanos what they should take
  public void start(List<Place> places, long expectedNanos) {
    synchronized (lock) {
      Run run = new Run(places.size(), expectedNanos);
      for (Place place : places) {
        if (place.state != State.WAITING) {
          throw new IllegalStateException("work starts whose place is " + place.state);
        }
        place.leaveQueue();
        place.state = State.RUNNING;
        place.run = run;
      }
      running += places.size();
      busy++;
      busyNanos += expectedNanos;
    }
  }

  /// How long work of this priority would wait if it came now: what is before it, with half of what
  /// runs, as that has been running for a while. Zero while there is a thread for it.
  public long waitNanos(Priority priority) {
    synchronized (lock) {
      if (taken(priority) < atOnce) {
        return 0;
      }
      long nanos = busyNanos / 2;
      for (int rank = 0; rank <= priority.rank(); rank++) {
        nanos += waitingNanos[rank];
      }
      return nanos / atOnce;
    }
  }

  /// Pieces of work that wait and go before one of this priority. Under the lock.
  private int waitingBefore(Priority priority) {
    int before = 0;
    for (int rank = 0; rank <= priority.rank(); rank++) {
      before += waiting[rank];
    }
    return before;
  }

  /// The longest wait that work without a deadline is admitted with now.
  public long longestWaitNanos() {
    synchronized (lock) {
      return latency == null
          ? longestWaitNanos
          : Math.min(longestWaitNanos, latency.longestWait(latency.goalNanos(Long.MAX_VALUE)));
    }
  }

  /// The longest wait that this call's work is admitted with now.
  public long longestWaitNanos(Call call, Demand demand) {
    long untilDeadline = Math.max(0, call.remainingNanos() - demand.expectedNanos());
    synchronized (lock) {
      return Math.min(untilDeadline, allowedWait(call, demand));
    }
  }

  /// Fails when work of the highest priority would find no place, whatever its call says, so that a
  /// request can be refused before it is decoded.
  public void requireRoom() {
    synchronized (lock) {
      requireOpen();
      if (taken(Priority.HIGH) >= limit()) {
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

  /// Pieces of work that may run, where each runs alone, and wait at one time.
  public int limit() {
    return atOnce + queueCapacity;
  }

  /// Pieces of work that have a place.
  public int admitted() {
    synchronized (lock) {
      return running + waitingBefore(Priority.LOW);
    }
  }

  /// Pieces of work that run now.
  public int running() {
    synchronized (lock) {
      return running;
    }
  }

  /// Threads: pieces of work that run at once, or batches of them.
  public int atOnce() {
    return atOnce;
  }

  /// The share of the time for waiting that may be filled now; 1 without a latency target.
  public double latencyShare() {
    synchronized (lock) {
      return latency == null ? 1 : latency.share();
    }
  }

  /// Admits nothing from now on.
  public void close() {
    synchronized (lock) {
      closed = true;
    }
  }
}
