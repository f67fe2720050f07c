package io.saviorrec.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class GuardInterceptorTest {
  private final AtomicInteger handled = new AtomicInteger();

  @Test
  void whatAHandlerThrowsIsNotUnknown() throws IOException {
    assertStatus(method -> {}, Status.Code.INTERNAL, "IllegalStateException: a bug");
    assertThat(handled).hasValue(1);
  }

  @Test
  void aClosedGateKeepsTheMessageFromBeingHandled() throws IOException {
    assertStatus(
        method -> {
          throw new RequestException(ErrorCode.RESOURCE_EXHAUSTED, "full: " + method);
        },
        Status.Code.RESOURCE_EXHAUSTED,
        "full: saviorrec.v1.Scoring/Score");
    assertThat(handled).hasValue(0);
  }

  private void assertStatus(GuardInterceptor.Gate gate, Status.Code code, String description)
      throws IOException {
    ScoringGrpc.ScoringImplBase broken =
        new ScoringGrpc.ScoringImplBase() {
          @Override
          public void score(ScoreRequest request, StreamObserver<ScoreResponse> observer) {
            handled.incrementAndGet();
            throw new IllegalStateException("a bug");
          }
        };
    String name = InProcessServerBuilder.generateName();
    Server server =
        InProcessServerBuilder.forName(name)
            .addService(ServerInterceptors.intercept(broken, new GuardInterceptor(gate)))
            .build()
            .start();
    ManagedChannel channel = InProcessChannelBuilder.forName(name).build();
    try {
      assertThatThrownBy(
              () -> ScoringGrpc.newBlockingStub(channel).score(ScoreRequest.getDefaultInstance()))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e -> {
                assertThat(e.getStatus().getCode()).isEqualTo(code);
                assertThat(e.getStatus().getDescription()).isEqualTo(description);
              });
    } finally {
      channel.shutdownNow();
      server.shutdownNow();
    }
  }
}
