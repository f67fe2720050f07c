package io.saviorrec.server.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A server that is told to end under load.
@Timeout(120)
class DrainTest {
  private static final int CALLERS = 6;

  @TempDir private Path folder;

  /// The callers look at health, as a load balancer does, and never send a call twice.
  @Test
  void aServerThatIsToldToEndLosesNoCallOfClientsThatDoNotRetry() throws Exception {
    ServerProcess.Plan plan = ServerProcess.Plan.of(TinyShop.repository(), folder);
    try (ServerProcess ending =
            ServerProcess.start(ServerProcess.Plan.of(plan.repository(), folder.resolve("a")));
        ServerProcess other =
            ServerProcess.start(ServerProcess.Plan.of(plan.repository(), folder.resolve("b")))) {
      ManagedChannel first = ending.channel();
      ManagedChannel second = other.channel();
      AtomicBoolean firstServes = new AtomicBoolean(true);
      watch(first, firstServes);
      Traffic traffic = Traffic.start(CALLERS, () -> firstServes.get() ? first : second);
      awaitAnswers(traffic);
      ending.terminate();
      int status = ending.awaitEnd();
      awaitAnswers(traffic);
      traffic.stop();

      assertThat(traffic.failures()).isEmpty();
      assertThat(firstServes).isFalse();
      assertThat(status).isIn(0, 143);
    }
  }

  private static void awaitAnswers(Traffic traffic) {
    int before = traffic.answered();
    assertThat(Eventually.within(Duration.ofSeconds(30), () -> traffic.answered() > before + 500))
        .isTrue();
  }

  private static void watch(ManagedChannel channel, AtomicBoolean serves) {
    HealthGrpc.newStub(channel)
        .watch(
            HealthCheckRequest.newBuilder().setService(ServerProcess.SCORING).build(),
            new StreamObserver<>() {
              @Override
              public void onNext(HealthCheckResponse state) {
                serves.set(state.getStatus() == ServingStatus.SERVING);
              }

              @Override
              public void onError(Throwable failure) {
                serves.set(false);
              }

              @Override
              public void onCompleted() {
                serves.set(false);
              }
            });
  }
}
