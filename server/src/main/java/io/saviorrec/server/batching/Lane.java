package io.saviorrec.server.batching;

import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/// A fixed number of threads behind a bounded first-in-first-out queue.
///
/// Admission: work that finds the queue full is refused at once with RESOURCE_EXHAUSTED.
///
/// Expiry: work whose call ends while it waits leaves the queue at that moment, so that it neither
/// runs nor takes the place of work that somebody still waits for.
///
/// Shutdown: [#drain] refuses new work with UNAVAILABLE, lets the admitted work finish within a
/// bound and then fails what is left.
public final class Lane {
  /// One piece of work; it is told how long it waited in the queue.
  @FunctionalInterface
  public interface Work<T> {
    T run(long queuedNanos) throws Exception;
  }

  private final String name;
  private final int threads;
  private final int queueCapacity;
  private final LongSupplier nanoTime;
  private final ThreadPoolExecutor executor;

  public Lane(String name, int threads, int queueCapacity, LongSupplier nanoTime) {
    this.name = name;
    this.threads = threads;
    this.queueCapacity = queueCapacity;
    this.nanoTime = nanoTime;
    AtomicInteger next = new AtomicInteger();
    this.executor =
        new ThreadPoolExecutor(
            threads,
            threads,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(queueCapacity),
            task -> new Thread(task, name + "-" + next.getAndIncrement()),
            new ThreadPoolExecutor.AbortPolicy());
    executor.prestartAllCoreThreads();
  }

  public <T> CompletableFuture<T> submit(Call call, Work<T> work) {
    call.check();
    Task<T> task = new Task<>(call, work, nanoTime.getAsLong());
    try {
      executor.execute(task);
    } catch (RejectedExecutionException e) {
      throw refusal();
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

  /// Fails as [#submit] would when there is no room, so that a request can be refused before it is
  /// decoded.
  public void requireRoom() {
    if (executor.isShutdown() || executor.getQueue().remainingCapacity() == 0) {
      throw refusal();
    }
  }

  private RequestException refusal() {
    if (executor.isShutdown()) {
      return new RequestException(ErrorCode.UNAVAILABLE, "the server is shutting down");
    }
    return new RequestException(
        ErrorCode.RESOURCE_EXHAUSTED,
        "the " + name + " queue is full: " + queueCapacity + " requests wait already");
  }

  public int queued() {
    return executor.getQueue().size();
  }

  public int running() {
    return executor.getActiveCount();
  }

  public int threads() {
    return threads;
  }

  /// Whether all admitted work ended within the bound. What had not ended by then is failed or
  /// interrupted.
  public boolean drain(long timeoutNanos) {
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
    private final Work<T> work;
    private final long submittedNanos;
    private final CompletableFuture<T> result = new CompletableFuture<>();

    Task(Call call, Work<T> work, long submittedNanos) {
      this.call = call;
      this.work = work;
      this.submittedNanos = submittedNanos;
    }

    @Override
    public void run() {
      try {
        call.check();
        result.complete(work.run(nanoTime.getAsLong() - submittedNanos));
      } catch (Throwable e) {
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

    void fail(Throwable e) {
      result.completeExceptionally(e);
    }
  }
}
