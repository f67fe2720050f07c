package io.saviorrec.server.batching;

import io.saviorrec.server.admission.Admission;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.FatalErrors;
import io.saviorrec.server.request.RequestException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/// A fixed number of threads behind a first-in-first-out queue, which runs what its [Admission]
/// takes on.
///
/// Expiry: work whose call ends while it waits leaves the queue at that moment, so that it neither
/// runs nor takes the place of work that somebody still waits for.
///
/// Shutdown: [#drain] closes the admission, lets the admitted work finish within a bound and then
/// fails what is left.
public final class Lane {
  /// One piece of work; it is told how long it waited in the queue.
  @FunctionalInterface
  public interface Work<T> {
    T run(long queuedNanos) throws Exception;
  }

  private final Admission admission;
  private final LongSupplier nanoTime;
  private final ThreadPoolExecutor executor;

  /// As many threads as the admission lets work run at once.
  ///
  /// @param name of the threads
  public Lane(String name, Admission admission, LongSupplier nanoTime) {
    this.admission = admission;
    this.nanoTime = nanoTime;
    AtomicInteger next = new AtomicInteger();
    this.executor =
        new ThreadPoolExecutor(
            admission.atOnce(),
            admission.atOnce(),
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(admission.limit()),
            task -> new Thread(task, name + "-" + next.getAndIncrement()),
            new ThreadPoolExecutor.AbortPolicy());
    executor.prestartAllCoreThreads();
  }

  /// Runs work when its turn comes.
  ///
  /// @throws RequestException when it is not admitted
  public <T> CompletableFuture<T> submit(Call call, Work<T> work) {
    Task<T> task = new Task<>(call, admission.admit(call), work, nanoTime.getAsLong());
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
    private final Admission.Place place;
    private final Work<T> work;
    private final long submittedNanos;
    private final CompletableFuture<T> result = new CompletableFuture<>();

    Task(Call call, Admission.Place place, Work<T> work, long submittedNanos) {
      this.call = call;
      this.place = place;
      this.work = work;
      this.submittedNanos = submittedNanos;
    }

    @Override
    public void run() {
      try {
        call.check();
        T value = work.run(nanoTime.getAsLong() - submittedNanos);
        place.giveBack();
        result.complete(value);
      } catch (Throwable e) {
        FatalErrors.endIfFatal(e);
        fail(e);
      }
    }

    void abandon() {
      try {
        call.check();
        fail(new RequestException(ErrorCode.CANCELLED, "the caller cancelled the call"));
      } catch (RequestException e) {
        fail(e);
      }
    }

    /// The place first: whoever hears of the end may send more work at once.
    void fail(Throwable e) {
      place.giveBack();
      result.completeExceptionally(e);
    }
  }
}
