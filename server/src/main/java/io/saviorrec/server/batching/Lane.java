package io.saviorrec.server.batching;

import io.saviorrec.server.admission.Admission;
import io.saviorrec.server.admission.Demand;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.FatalErrors;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.request.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// A fixed number of threads behind a queue, which runs what its [Admission] takes on.
///
/// Order: by priority, and within one in the order of arrival. Work waits behind work of the next
/// higher priority only if that came within [#OVERTAKE] after it, so nothing waits for ever. Within
/// a priority the earliest deadline does not go first: it would let callers push in by asking for
/// less time, and under overload it spends the threads on what is about to be late.
///
/// Batches: a thread that gets free takes what is first, and with it the next pieces of the same
/// kind ([Together]) and priority, as long as they fit and nobody's deadline passes for it. It
/// never waits for more of them, and leaves them to the threads that are idle.
///
/// Full: work of a higher priority takes the place of the youngest that waits with the lowest.
///
/// Expiry: work whose call ends while it waits leaves the queue at that moment, so that it neither
/// runs nor takes the place of work that somebody still waits for. Work that could not end in time
/// is not begun.
///
/// Errors: whatever work throws fails that work alone, and its thread lives on, but for
/// [FatalErrors].
///
/// Shutdown: [#drain] closes the admission, lets the admitted work finish within a bound and then
/// fails what is left.
public final class Lane {
  /// How much later work of the next higher priority may come and still go first.
  static final long OVERTAKE = TimeUnit.SECONDS.toNanos(1);

  /// One piece of work that runs alone; it is told how long it waited in the queue.
  @FunctionalInterface
  public interface Work<T> {
    T run(long queuedNanos) throws Exception;
  }

  private final Admission admission;
  private final LongSupplier nanoTime;
  private final WaitingTasks waiting;
  private final List<Thread> threads = new ArrayList<>();
  private final CountDownLatch ended;

  /// As many threads as the admission lets work run at once.
  ///
  /// @param name of the threads
  public Lane(String name, Admission admission, LongSupplier nanoTime) {
    this.admission = admission;
    this.nanoTime = nanoTime;
    this.waiting = new WaitingTasks(nanoTime.getAsLong());
    this.ended = new CountDownLatch(admission.atOnce());
    for (int i = 0; i < admission.atOnce(); i++) {
      threads.add(new Thread(this::work, name + "-" + i));
    }
    threads.forEach(Thread::start);
  }

  /// Runs work alone when its turn comes.
  ///
  /// @throws RequestException when it is not admitted
  public <T> CompletableFuture<T> submit(Call call, Demand demand, Work<T> work) {
    return submit(call, demand, new Alone<T>(demand), work);
  }

  /// Runs work when its turn comes, with more of its kind if that waits too.
  ///
  /// @throws RequestException when it is not admitted
  public <J, T> CompletableFuture<T> submit(
      Call call, Demand demand, Together<J, T> kind, J piece) {
    Task<J, T> task =
        new Task<>(call, demand, place(call, demand), kind, piece, nanoTime.getAsLong());
    if (!waiting.add(task)) {
      // The lane drained between the two lines.
      task.place.giveBack();
      throw new RequestException(ErrorCode.UNAVAILABLE, "the server is shutting down");
    }
    call.onEnd(
        () -> {
          // Calls end after their answers too; searching the queue for those would be wasted.
          if (!task.result.isDone() && waiting.remove(task)) {
            abandon(task);
          }
        });
    return task.result;
  }

  private Admission.Place place(Call call, Demand demand) {
    long start = nanoTime.getAsLong();
    try {
      Admission.Place place = admission.admit(call, demand);
      if (place == null) {
        place = pushOut(call, demand);
      }
      if (place == null) {
        throw admission.full(demand.priority());
      }
      return place;
    } finally {
      call.times().add(Stage.ADMIT, nanoTime.getAsLong() - start);
    }
  }

  /// The place of less important work, null when there is none.
  private Admission.@Nullable Place pushOut(Call call, Demand demand) {
    Task<?, ?> least = waiting.removeLeastBelow(demand.priority());
    if (least == null) {
      return null;
    }
    Admission.Place place = least.place.handOver(call, demand);
    leaveQueue(least);
    least.result.completeExceptionally(admission.pushedOut(least.demand.priority()));
    return place;
  }

  private void abandon(Task<?, ?> task) {
    leaveQueue(task);
    try {
      task.call.check();
      task.fail(new RequestException(ErrorCode.CANCELLED, "the caller cancelled the call"));
    } catch (RequestException e) {
      if (e.code() == ErrorCode.DEADLINE_EXCEEDED) {
        task.place.took(nanoTime.getAsLong() - task.submittedNanos);
      }
      task.fail(e);
    }
  }

  private long leaveQueue(Task<?, ?> task) {
    long queuedNanos = nanoTime.getAsLong() - task.submittedNanos;
    task.call.times().add(Stage.QUEUE, queuedNanos);
    return queuedNanos;
  }

  private void work() {
    try {
      List<Task<?, ?>> batch = waiting.take();
      while (!batch.isEmpty()) {
        run(batch);
        batch = waiting.take();
      }
    } finally {
      ended.countDown();
    }
  }

  /// @param <J> of the first, and so of all
  @SuppressWarnings("unchecked")
  private <J, T> void run(List<Task<?, ?>> batch) {
    List<Task<J, T>> tasks = new ArrayList<>(batch.size());
    for (Task<?, ?> each : batch) {
      tasks.add((Task<J, T>) each);
    }
    try {
      runTogether(tasks);
    } catch (Throwable e) {
      FatalErrors.endIfFatal(e);
      tasks.forEach(task -> task.fail(e));
    }
  }

  private <J, T> void runTogether(List<Task<J, T>> tasks) {
    Together<J, T> kind = tasks.getFirst().kind;
    List<J> pieces = new ArrayList<>(tasks.size());
    List<Turn<J, T>> turns = new ArrayList<>(tasks.size());
    List<Admission.Place> places = new ArrayList<>(tasks.size());
    for (Task<J, T> task : tasks) {
      pieces.add(task.piece);
      places.add(task.place);
      turns.add(new Turn<>(task.piece, task.call, leaveQueue(task)));
    }
    admission.start(places, kind.expectedNanos(pieces));
    List<Turn<J, T>> timely = new ArrayList<>(turns.size());
    for (int i = 0; i < turns.size(); i++) {
      try {
        tasks.get(i).demand.requireTime(turns.get(i).call());
        timely.add(turns.get(i));
      } catch (RequestException e) {
        turns.get(i).fail(e);
      }
    }
    if (!timely.isEmpty()) {
      runTimely(kind, timely);
    }
    for (int i = 0; i < turns.size(); i++) {
      tasks.get(i).end(turns.get(i), nanoTime.getAsLong());
    }
  }

  private <J, T> void runTimely(Together<J, T> kind, List<Turn<J, T>> turns) {
    long start = nanoTime.getAsLong();
    try {
      List<J> ran = kind.run(turns);
      if (!ran.isEmpty()) {
        kind.took(ran, nanoTime.getAsLong() - start);
      }
    } catch (Throwable e) {
      FatalErrors.endIfFatal(e);
      turns.forEach(turn -> turn.fail(e));
    }
  }

  public int queued() {
    return waiting.size();
  }

  public int running() {
    return admission.running();
  }

  public int threads() {
    return admission.atOnce();
  }

  /// Whether all admitted work ended within the bound. What had not ended by then is failed or
  /// interrupted.
  public boolean drain(long timeoutNanos) {
    admission.close();
    waiting.close();
    boolean drained = false;
    try {
      drained = ended.await(timeoutNanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (Task<?, ?> left : waiting.removeAll()) {
      left.fail(new RequestException(ErrorCode.UNAVAILABLE, "the server shut down"));
    }
    if (!drained) {
      threads.forEach(Thread::interrupt);
    }
    return drained;
  }

  /// Work that goes with no other.
  private final class Alone<T> implements Together<Work<T>, T> {
    private final Demand demand;

    Alone(Demand demand) {
      this.demand = demand;
    }

    @Override
    public boolean fits(List<Work<T>> chosen, Work<T> next) {
      return false;
    }

    @Override
    public long expectedNanos(List<Work<T>> pieces) {
      return demand.expectedNanos();
    }

    @Override
    public List<Work<T>> run(List<Turn<Work<T>, T>> turns) throws Exception {
      Turn<Work<T>, T> turn = turns.getFirst();
      long start = nanoTime.getAsLong();
      try {
        turn.succeed(turn.piece().run(turn.queuedNanos()));
        return List.of(turn.piece());
      } catch (RequestException e) {
        turn.fail(e);
        // It met its deadline, so the whole takes longer still.
        boolean longer = nanoTime.getAsLong() - start > demand.expectedNanos();
        return e.code() == ErrorCode.DEADLINE_EXCEEDED && longer
            ? List.of(turn.piece())
            : List.of();
      }
    }

    @Override
    public void took(List<Work<T>> pieces, long nanos) {
      demand.ran().accept(nanos);
    }
  }

  /// A piece of work from its admission to its end.
  static final class Task<J, T> {
    final Call call;
    final Demand demand;
    final Admission.Place place;
    final Together<J, T> kind;
    final J piece;
    final long submittedNanos;
    final CompletableFuture<T> result = new CompletableFuture<>();

    /// Its place in the order of the queue, which gives it both.
    long turn;

    long sequence;

    Task(
        Call call,
        Demand demand,
        Admission.Place place,
        Together<J, T> kind,
        J piece,
        long submittedNanos) {
      this.call = call;
      this.demand = demand;
      this.place = place;
      this.kind = kind;
      this.piece = piece;
      this.submittedNanos = submittedNanos;
    }

    int rank() {
      return demand.priority().rank();
    }

    /// The place first: whoever hears of the end may send more work at once.
    void end(Turn<J, T> ended, long now) {
      T value = ended.value();
      Throwable failure = ended.failure();
      if (value != null
          || (failure instanceof RequestException e && e.code() == ErrorCode.DEADLINE_EXCEEDED)) {
        place.took(now - submittedNanos);
      }
      if (value == null) {
        fail(failure == null ? new IllegalStateException("work ended without a result") : failure);
        return;
      }
      place.giveBack();
      result.complete(value);
    }

    void fail(Throwable e) {
      place.giveBack();
      result.completeExceptionally(e);
    }
  }
}
