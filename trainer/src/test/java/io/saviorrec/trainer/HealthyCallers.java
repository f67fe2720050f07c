package io.saviorrec.trainer;

import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.StreamObserver;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoringGrpc;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// Callers of several servers that never send a call twice, and that turn to those which say that
/// they serve, as a load balancer does.
final class HealthyCallers {
  private static final String SERVICE = "saviorrec.v1.Scoring";
  private static final long DEADLINE_SECONDS = 20;

  private final ScoreRequest request;
  private final List<ManagedChannel> serving = new CopyOnWriteArrayList<>();
  private final List<Thread> callers = new ArrayList<>();
  private final AtomicInteger answered = new AtomicInteger();
  private final Queue<RuntimeException> failures = new ConcurrentLinkedQueue<>();
  private volatile boolean over;

  private HealthyCallers(ScoreRequest request) {
    this.request = request;
  }

  static HealthyCallers start(int callers, ScoreRequest request, List<ManagedChannel> servers)
      throws InterruptedException {
    HealthyCallers started = new HealthyCallers(request);
    servers.forEach(started::watch);
    started.await(servers.size());
    for (int i = 0; i < callers; i++) {
      started.callers.add(Thread.ofPlatform().name("caller-" + i).start(started::call));
    }
    return started;
  }

  /// Again when the server ends the watch, which it does with its own end.
  private void watch(ManagedChannel server) {
    HealthGrpc.newStub(server)
        .withWaitForReady()
        .watch(
            HealthCheckRequest.newBuilder().setService(SERVICE).build(),
            new StreamObserver<>() {
              @Override
              public void onNext(HealthCheckResponse state) {
                serves(server, state.getStatus() == ServingStatus.SERVING);
              }

              @Override
              public void onError(Throwable failure) {
                onCompleted();
              }

              @Override
              public void onCompleted() {
                serves(server, false);
                if (!over && !server.isShutdown()) {
                  watch(server);
                }
              }
            });
  }

  private synchronized void serves(ManagedChannel server, boolean now) {
    serving.remove(server);
    if (now) {
      serving.add(server);
    }
    notifyAll();
  }

  /// Waits until so many servers serve.
  synchronized void await(int servers) throws InterruptedException {
    while (serving.size() != servers) {
      wait();
    }
  }

  private void call() {
    for (int i = 0; !over; i++) {
      try {
        List<ManagedChannel> now = List.copyOf(serving);
        ScoringGrpc.newBlockingStub(now.get(i % now.size()))
            .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
            .score(request);
        answered.incrementAndGet();
      } catch (RuntimeException e) {
        failures.add(e);
      }
    }
  }

  int answered() {
    return answered.get();
  }

  List<RuntimeException> failures() {
    return List.copyOf(failures);
  }

  /// Lets the calls in flight end.
  void stop() throws InterruptedException {
    over = true;
    for (Thread caller : callers) {
      caller.join();
    }
  }
}
