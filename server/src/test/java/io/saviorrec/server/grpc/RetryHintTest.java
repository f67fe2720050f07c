package io.saviorrec.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.RetryInfo;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.saviorrec.client.ClientConfig;
import io.saviorrec.client.SaviorClient;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.server.fakes.FakeEngine;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RetryHintTest {
  private static final ScoreRequest REQUEST =
      ScoreRequest.newBuilder().addCandidates(Candidate.newBuilder().setItemId(1)).build();
  private static final long HINT_MILLIS = 300;

  @TempDir private Path repository;

  @Test
  void aRefusalForLoadSaysWhenToComeBackAndOtherFailuresSayNothing() {
    RequestException refusal = RequestException.exhausted("full", 1_234);
    Metadata trailers =
        RetryTrailers.of(
            new CompletionException(refusal), Status.RESOURCE_EXHAUSTED.withDescription("full"));

    assertThat(trailers.get(RetryTrailers.PUSHBACK)).isEqualTo("1234");
    assertThat(
            RetryTrailers.of(new RequestException(ErrorCode.INTERNAL, "broken"), Status.INTERNAL)
                .keys())
        .isEmpty();
    assertThat(RetryTrailers.of(new IllegalStateException(), Status.INTERNAL).keys()).isEmpty();
  }

  /// Before the message is decoded, and after it: the two places that refuse.
  @Test
  void theHintReachesTheWireFromTheGateAndFromTheService() throws Exception {
    try (ServingFixture fixture = new ServingFixture(repository, Map.of(), "saviorrec")) {
      RequestException refusal = RequestException.exhausted("full", 1_234);
      for (boolean atGate : new boolean[] {true, false}) {
        GrpcEndpoint endpoint =
            fixture.listen(
                () -> {
                  throwIf(!atGate, refusal);
                },
                () -> throwIf(atGate, refusal));
        ManagedChannel channel = channel(endpoint);
        try {
          StatusRuntimeException failure = failure(channel);
          Metadata trailers = Objects.requireNonNull(failure.getTrailers());
          assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
          assertThat(trailers.get(RetryTrailers.PUSHBACK)).isEqualTo("1234");
          com.google.rpc.Status details =
              Objects.requireNonNull(trailers.get(RetryTrailers.DETAILS));
          assertThat(details.getCode()).isEqualTo(8);
          assertThat(details.getMessage()).isEqualTo("full");
          RetryInfo info = details.getDetails(0).unpack(RetryInfo.class);
          assertThat(info.getRetryDelay().getSeconds()).isEqualTo(1);
          assertThat(info.getRetryDelay().getNanos()).isEqualTo(234_000_000);
        } finally {
          channel.shutdownNow();
          endpoint.close();
        }
      }
    }
  }

  @Test
  void aClientWithRetriesSucceedsAfterTheHintAndNeverComesBefore() throws Exception {
    try (ServingFixture fixture = new ServingFixture(repository, Map.of(), "saviorrec")) {
      AtomicInteger refusals = new AtomicInteger(2);
      List<Long> attempts = new CopyOnWriteArrayList<>();
      GrpcEndpoint endpoint =
          fixture.listen(
              () -> {
                attempts.add(System.nanoTime());
                throwIf(
                    refusals.getAndDecrement() > 0,
                    RequestException.exhausted("full", HINT_MILLIS));
              },
              () -> {});
      ClientConfig config =
          ClientConfig.of("localhost:" + endpoint.port()).withDeadline(Duration.ofSeconds(30));
      try (SaviorClient client = SaviorClient.connect(config)) {
        assertThat(client.score(REQUEST).getScores(0).getPctr()).isEqualTo(FakeEngine.scoreOf(1));
      } finally {
        endpoint.close();
      }

      assertThat(attempts).hasSize(3);
      for (int i = 1; i < attempts.size(); i++) {
        assertThat(attempts.get(i) - attempts.get(i - 1))
            .isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(HINT_MILLIS - 1));
      }
    }
  }

  private static void throwIf(boolean really, RequestException refusal) {
    if (really) {
      throw refusal;
    }
  }

  private static ManagedChannel channel(GrpcEndpoint endpoint) {
    return NettyChannelBuilder.forAddress("localhost", endpoint.port()).usePlaintext().build();
  }

  private static StatusRuntimeException failure(ManagedChannel channel) {
    try {
      throw new AssertionError(
          "was answered with " + ScoringGrpc.newBlockingStub(channel).score(REQUEST));
    } catch (StatusRuntimeException e) {
      return e;
    }
  }
}
