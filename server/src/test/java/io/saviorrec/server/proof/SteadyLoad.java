package io.saviorrec.server.proof;

import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.MoreExecutors;
import io.grpc.ManagedChannel;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoringGrpc;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/// Page views at a fixed rate, however long the answers take, until it is stopped.
final class SteadyLoad {
  private static final long DEADLINE_SECONDS = 20;

  /// One answer.
  ///
  /// @param dueNanos when its request was to be sent
  /// @param nanos from then to the answer
  /// @param version that answered
  record Sample(long dueNanos, long nanos, long version) {}

  private final ManagedChannel channel;
  private final Function<Random, ScoreRequest> pages;
  private final long everyNanos;
  private final Thread sender = new Thread(this::send, "steady-load");
  private final Queue<Sample> samples = new ConcurrentLinkedQueue<>();
  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private final AtomicLong sent = new AtomicLong();
  private volatile boolean over;

  private SteadyLoad(ManagedChannel channel, double rate, Function<Random, ScoreRequest> pages) {
    this.channel = channel;
    this.pages = pages;
    this.everyNanos = (long) (1e9 / rate);
  }

  /// @param rate requests a second
  static SteadyLoad start(
      ManagedChannel channel, double rate, Function<Random, ScoreRequest> pages) {
    SteadyLoad load = new SteadyLoad(channel, rate, pages);
    load.sender.start();
    return load;
  }

  private void send() {
    Random random = new Random(3);
    long due = System.nanoTime();
    while (!over) {
      for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      long dueNow = due;
      sent.incrementAndGet();
      Futures.addCallback(
          ScoringGrpc.newFutureStub(channel)
              .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
              .score(pages.apply(random)),
          new FutureCallback<>() {
            @Override
            public void onSuccess(ScoreResponse response) {
              samples.add(new Sample(dueNow, System.nanoTime() - dueNow, response.getVersion()));
            }

            @Override
            public void onFailure(Throwable failure) {
              failures.add(failure);
            }
          },
          MoreExecutors.directExecutor());
      due += everyNanos;
    }
  }

  int answered() {
    return samples.size();
  }

  /// Sends no more and waits for the answers.
  ///
  /// @return all of them
  List<Sample> stop() throws InterruptedException {
    over = true;
    sender.join();
    boolean ended =
        Eventually.within(
            Duration.ofSeconds(2 * DEADLINE_SECONDS),
            () -> samples.size() + failures.size() == sent.get());
    if (!ended) {
      throw new IllegalStateException("calls did not end");
    }
    return List.copyOf(samples);
  }

  List<Throwable> failures() {
    return new ArrayList<>(failures);
  }
}
