package io.saviorrec.loadtest.generator;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.BindableService;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.saviorrec.client.ClientConfig;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoringGrpc;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LoadGeneratorTest {
  private static final byte[] REQUEST =
      ScoreRequest.newBuilder().setModel("m").build().toByteArray();

  private static Server serve(BindableService service) throws IOException {
    return Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
        .addService(service)
        .build()
        .start();
  }

  private static LoadGenerator generator(Server server) {
    return generator("localhost:" + server.getPort());
  }

  private static LoadGenerator generator(String target) {
    return new LoadGenerator(ClientConfig.of(target), ScoringGrpc.SERVICE_NAME, "Score", 2);
  }

  /// Answers at once, but keeps what comes after `stall` calls until a moment has passed.
  private static final class Stalling extends ScoringGrpc.ScoringImplBase {
    private static final long STALL_MILLIS = 300;
    private final int stall;
    private final AtomicInteger calls = new AtomicInteger();
    private final CountDownLatch never = new CountDownLatch(1);

    Stalling(int stall) {
      this.stall = stall;
    }

    @Override
    public synchronized void score(ScoreRequest request, StreamObserver<ScoreResponse> answer) {
      if (calls.incrementAndGet() == stall) {
        try {
          // As a server stands still.
          never.await(STALL_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
      answer.onNext(ScoreResponse.newBuilder().setModel(request.getModel()).build());
      answer.onCompleted();
    }
  }

  @Test
  void everyClientOfAClosedLoadWaitsForItsAnswer() throws IOException {
    Server server = serve(new Stalling(0));
    try (LoadGenerator load = generator(server)) {
      LoadResult result = load.closed(() -> REQUEST, 3, Duration.ofMillis(300));
      assertThat(result.good()).isGreaterThanOrEqualTo(3);
      assertThat(result.offered()).isEqualTo(result.good());
      assertThat(result.good() - result.inTime()).isLessThanOrEqualTo(3);
      assertThat(result.failures()).isEmpty();
      assertThat(result.bytes()).isEqualTo(REQUEST.length + 3);
    } finally {
      server.shutdownNow();
    }
  }

  @Test
  void aStallCountsForEveryRequestThatWasToBeSentMeanwhile() throws IOException {
    Server server = serve(new Stalling(20));
    try (LoadGenerator load = generator(server)) {
      LoadResult result = load.open(() -> REQUEST, 200, Duration.ofSeconds(1), null, 1);
      assertThat(result.offered()).isEqualTo(200);
      assertThat(result.good()).isEqualTo(200);
      // A generator that waited for answers would have seen one slow call of 200.
      assertThat(result.millis(.85)).isGreaterThan(100);
      assertThat(result.millis(1)).isGreaterThan(Stalling.STALL_MILLIS - 50);
    } finally {
      server.shutdownNow();
    }
  }

  @Test
  void aGeneratorThatIsLateDoesNotMakeLatenciesShorter() throws IOException {
    Server server = serve(new Stalling(0));
    AtomicInteger made = new AtomicInteger();
    RequestSource slow =
        () -> {
          if (made.incrementAndGet() == 20) {
            LockSupport.parkNanos(Duration.ofMillis(Stalling.STALL_MILLIS).toNanos());
          }
          return REQUEST;
        };
    try (LoadGenerator load = generator(server)) {
      LoadResult result = load.open(slow, 200, Duration.ofSeconds(1), null, 1);
      assertThat(result.good()).isEqualTo(200);
      assertThat(result.millis(.85)).isGreaterThan(100);
    } finally {
      server.shutdownNow();
    }
  }

  @Test
  void answersAfterTheDeadlineAreNoGoodOnes() throws IOException {
    Server server = serve(new Stalling(1));
    try (LoadGenerator load = generator(server)) {
      LoadResult result =
          load.open(() -> REQUEST, 100, Duration.ofMillis(500), Duration.ofMillis(50), 1);
      long late = result.failures().getOrDefault("DEADLINE_EXCEEDED", 0L);
      assertThat(late).isGreaterThan(5);
      assertThat(result.good() + late).isEqualTo(50);
    } finally {
      server.shutdownNow();
    }
  }

  @Test
  void refusalsAreCountedByStatus() throws IOException {
    Server server =
        serve(
            new ScoringGrpc.ScoringImplBase() {
              @Override
              public void score(ScoreRequest request, StreamObserver<ScoreResponse> answer) {
                answer.onError(Status.RESOURCE_EXHAUSTED.asRuntimeException());
              }
            });
    try (LoadGenerator load = generator(server)) {
      LoadResult result = load.open(() -> REQUEST, 100, Duration.ofMillis(300), null, 1);
      assertThat(result.failures()).containsOnlyKeys("RESOURCE_EXHAUSTED").containsValue(30L);
      assertThat(result.millis(.5)).isNaN();
    } finally {
      server.shutdownNow();
    }
  }

  @Test
  void aServerThatIsNotThereEndsALoad() {
    try (LoadGenerator load = generator("localhost:1")) {
      LoadResult result = load.closed(() -> REQUEST, 2, Duration.ofSeconds(20));
      assertThat(result.failures()).containsOnlyKeys("UNAVAILABLE").containsValue(2L);
    }
  }
}
