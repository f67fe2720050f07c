package io.saviorrec.server.batching;

import io.saviorrec.server.admission.Admission;
import io.saviorrec.server.admission.Demand;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.Priority;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.request.Stage;
import java.util.Comparator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// A fixed number of threads behind a queue, which runs what its [Admission] takes on.
///
/// Order: by priority, and within one in the order of arrival. Work waits behind work of the next
/// higher priority only if that came within [#OVERTAKE] after it, so nothing waits for ever. Within
/// a priority the earliest deadline does not go first: it would let callers push in by asking for
/// less time, and under overload it spends the threads on what is about to be late.
///
/// Full: work of a higher priority takes the place of the youngest that waits with the lowest.
///
/// Expiry: work whose call ends while it waits leaves the queue at that moment, so that it neither
/// runs nor takes the place of work that somebody still waits for. Work that could not end in time
/// is not begun.
///
/// Errors: whatever work throws fails that work alone, and its thread lives on. Errors of the
/// virtual machine, but for a stack that overflowed, are passed to a handler first.
///
/// Shutdown: [#drain] closes the admission, lets the admitted work finish within a bound and then
/// fails what is left.
public final class Lane {
  /// How much later work of the next higher priority may come and still go first.
  static final long OVERTAKE = TimeUnit.SECONDS.toNanos(1);

  private static final Comparator<Task<?>> ORDER =
      Comparator.<Task<?>>comparingLong(task -> task.turn).thenComparingLong(task -> task.sequence);

  /// One piece of work; it is told how long it waited in the queue.
  @FunctionalInterface
  public interface Work<T> {
    T run(long queuedNanos) throws Exception;
  }

  private final Admission admission;
  private final LongSupplier nanoTime;
  private final long startNanos;
  private final Consumer<Throwable> fatal;
  private final AtomicLong submitted = new AtomicLong();
  private final ThreadPoolExecutor executor;

  /// As many threads as the admission lets work run at once.
  ///
  /// @param name of the threads
  /// @param fatal is given errors after which the process cannot be trusted
  public Lane(String name, Admission admission, LongSupplier nanoTime, Consumer<Throwable> fatal) {
    this.admission = admission;
    this.nanoTime = nanoTime;
    this.startNanos = nanoTime.getAsLong();
    this.fatal = fatal;
    AtomicInteger next = new AtomicInteger();
    this.executor =
        new ThreadPoolExecutor(
            admission.atOnce(),
            admission.atOnce(),
            0,
            TimeUnit.SECONDS,
            new PriorityBlockingQueue<>(
                admission.limit(), (one, other) -> ORDER.compare((Task<?>) one, (Task<?>) other)),
            task -> new Thread(task, name + "-" + next.getAndIncrement()),
            new ThreadPoolExecutor.AbortPolicy());
    executor.prestartAllCoreThreads();
  }

  /// Runs work when its turn comes.
  ///
  /// @throws RequestException when it is not admitted
  public <T> CompletableFuture<T> submit(Call call, Demand demand, Work<T> work) {
    Task<T> task = new Task<>(call, demand, place(call, demand), work);
    try {
      executor.execute(task);
    } catch (RejectedExecutionException e) {
      // The lane drained between the two lines.
      task.place.giveBack();
      throw new RequestException(ErrorCode.UNAVAILABLE, "the server is shutting down");
    }
    call.onEnd(
        () -> {
          // Calls end after their answers too; searching the queue for those would be wasted.
          if (!task.result.isDone() && executor.remove(task)) {
            task.abandon();
          }
        });
    return task.result;
  }

  private Admission.Place place(Call call, Demand demand) {
    long start = nanoTime.getAsLong();
    try {
      Admission.Place place = admission.admit(call, demand);
      if (place == null) {
        place = pushOut(demand);
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
  private Admission.@Nullable Place pushOut(Demand demand) {
    Task<?> least = leastBelow(demand.priority());
    while (least != null) {
      // Whoever takes it out of the queue decides what becomes of it.
      if (executor.remove(least)) {
        Admission.Place place = least.place.handOver(demand);
        least.pushedOut();
        return place;
      }
      least = leastBelow(demand.priority());
    }
    return null;
  }

  private @Nullable Task<?> leastBelow(Priority priority) {
    Task<?> least = null;
    for (Runnable each : executor.getQueue()) {
      if (each instanceof Task<?> task
          && task.rank() > priority.rank()
          && (least == null
              || task.rank() > least.rank()
              || (task.rank() == least.rank() && task.sequence > least.sequence))) {
        least = task;
      }
    }
    return least;
  }

  public int queued() {
    return executor.getQueue().size();
  }

  public int running() {
    return executor.getActiveCount();
  }

  public int threads() {
    return admission.atOnce();
  }

  /// Whether all admitted work ended within the bound. What had not ended by then is failed or
  /// interrupted.
  public boolean drain(long timeoutNanos) {
    admission.close();
    executor.shutdown();
    boolean drained = false;
    try {
      drained = executor.awaitTermination(timeoutNanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (Runnable left : executor.shutdownNow()) {
      if (left instanceof Task<?> task) {
        task.fail(new RequestException(ErrorCode.UNAVAILABLE, "the server shut down"));
      }
    }
    return drained;
  }

  private final class Task<T> implements Runnable {
    private final Call call;
    private final Demand demand;
    private final Admission.Place place;
    private final Work<T> work;
    private final long submittedNanos = nanoTime.getAsLong();
    private final long sequence = submitted.getAndIncrement();
    private final long turn;
    private final CompletableFuture<T> result = new CompletableFuture<>();

    Task(Call call, Demand demand, Admission.Place place, Work<T> work) {
      this.call = call;
      this.demand = demand;
      this.place = place;
      this.work = work;
      this.turn = submittedNanos - startNanos + demand.priority().rank() * OVERTAKE;
    }

    int rank() {
      return demand.priority().rank();
    }

    @Override
    public void run() {
      try {
        long queuedNanos = leaveQueue();
        place.start();
        demand.requireTime(call);
        T value = measured(queuedNanos);
        place.giveBack();
        result.complete(value);
      } catch (StackOverflowError e) {
        fail(e);
      } catch (VirtualMachineError e) {
        try {
          fatal.accept(e);
        } finally {
          fail(e);
        }
      } catch (Throwable e) {
        fail(e);
      }
    }

    private T measured(long queuedNanos) throws Exception {
      long start = nanoTime.getAsLong();
      try {
        T value = work.run(queuedNanos);
        demand.ran().accept(nanoTime.getAsLong() - start);
        return value;
      } catch (RequestException e) {
        long nanos = nanoTime.getAsLong() - start;
        // It met its deadline, so the whole takes longer still.
        if (e.code() == ErrorCode.DEADLINE_EXCEEDED && nanos > demand.expectedNanos()) {
          demand.ran().accept(nanos);
        }
        throw e;
      }
    }

    private long leaveQueue() {
      long queuedNanos = nanoTime.getAsLong() - submittedNanos;
      call.times().add(Stage.QUEUE, queuedNanos);
      return queuedNanos;
    }

    void abandon() {
      leaveQueue();
      try {
        call.check();
        fail(new RequestException(ErrorCode.CANCELLED, "the caller cancelled the call"));
      } catch (RequestException e) {
        fail(e);
      }
    }

    /// The place has gone to other work.
    void pushedOut() {
      leaveQueue();
      result.completeExceptionally(admission.pushedOut(demand.priority()));
    }

    /// The place first: whoever hears of the end may send more work at once.
    void fail(Throwable e) {
      place.giveBack();
      result.completeExceptionally(e);
    }
  }
}
