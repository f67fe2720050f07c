package io.saviorrec.server.proof;

import io.grpc.Channel;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoringGrpc;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/// Well-behaved callers that score one page after another, without retries, until they are told to
/// stop.
final class Traffic {
  private static final int CANDIDATES = 20;
  private static final long DEADLINE_SECONDS = 20;

  private final Supplier<Channel> channels;
  private final List<CompletableFuture<Void>> callers = new ArrayList<>();
  private final AtomicInteger answered = new AtomicInteger();
  private final AtomicLong slowestNanos = new AtomicLong();
  private final Queue<RuntimeException> failures = new ConcurrentLinkedQueue<>();
  private volatile boolean stopping;

  private Traffic(Supplier<Channel> channels) {
    this.channels = channels;
  }

  /// @param channels asked before every call
  static Traffic start(int callers, Supplier<Channel> channels) {
    Traffic traffic = new Traffic(channels);
    for (int i = 0; i < callers; i++) {
      Random random = new Random(i);
      traffic.callers.add(
          CompletableFuture.runAsync(() -> traffic.call(random), task -> new Thread(task).start()));
    }
    return traffic;
  }

  private void call(Random random) {
    while (!stopping) {
      long start = System.nanoTime();
      try {
        score(channels.get(), random);
        answered.incrementAndGet();
      } catch (RuntimeException e) {
        failures.add(e);
      }
      slowestNanos.accumulateAndGet(System.nanoTime() - start, Math::max);
    }
  }

  static ScoreResponse score(Channel channel, Random random) {
    return ScoringGrpc.newBlockingStub(channel)
        .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
        .score(TinyShop.page(random, CANDIDATES));
  }

  int answered() {
    return answered.get();
  }

  double slowestSeconds() {
    return slowestNanos.get() / 1e9;
  }

  List<RuntimeException> failures() {
    return List.copyOf(failures);
  }

  /// Lets the calls in flight end.
  void stop() throws InterruptedException, ExecutionException {
    stopping = true;
    for (CompletableFuture<Void> caller : callers) {
      caller.get();
    }
  }
}
