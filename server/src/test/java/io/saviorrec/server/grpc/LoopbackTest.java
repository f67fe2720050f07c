package io.saviorrec.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.server.fakes.FakeEngine;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The server's own way into itself.
@Timeout(60)
class LoopbackTest {
  private static final ScoreRequest REQUEST =
      ScoreRequest.newBuilder().addCandidates(Candidate.newBuilder().setItemId(1)).build();

  @TempDir private Path repository;
  private ServingFixture fixture;
  private Loopback loopback;
  private ManagedChannel stranger;

  @BeforeEach
  void start() throws IOException {
    fixture = new ServingFixture(repository, Map.of(), "saviorrec");
    loopback = fixture.loopback();
    stranger =
        NettyChannelBuilder.forAddress(
                InetAddress.getLoopbackAddress().getHostAddress(), loopback.port())
            .usePlaintext()
            .build();
  }

  @AfterEach
  void stop() {
    stranger.shutdownNow();
    loopback.close();
    fixture.close();
  }

  @Test
  void scoresByTheWayOfCallers() throws Exception {
    assertThat(loopback.score(REQUEST).get(20, TimeUnit.SECONDS).getScores(0).getPctr())
        .isEqualTo(FakeEngine.scoreOf(1));
  }

  @Test
  void refusesWhoeverElseFindsItsPort() {
    assertThatThrownBy(() -> ScoringGrpc.newBlockingStub(stranger).score(REQUEST))
        .hasMessageStartingWith("UNAUTHENTICATED");
    Metadata guess = new Metadata();
    guess.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer guess");
    assertThatThrownBy(
            () ->
                ScoringGrpc.newBlockingStub(stranger)
                    .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(guess))
                    .score(REQUEST))
        .hasMessageStartingWith("UNAUTHENTICATED");
    assertThatThrownBy(
            () ->
                ItemsGrpc.newBlockingStub(stranger)
                    .upsertItems(
                        UpsertItemsRequest.newBuilder()
                            .addItems(Item.newBuilder().setItemId(5).setTitle("x"))
                            .build()))
        .hasMessageStartingWith("UNAUTHENTICATED");
    assertThat(fixture.engine("saviorrec").scores.calls()).isZero();
  }

  @Test
  void isClosedToEverybodyWhenItIsClosed() {
    loopback.close();
    assertThatThrownBy(() -> ScoringGrpc.newBlockingStub(stranger).score(REQUEST))
        .hasMessageStartingWith("UNAVAILABLE");
    assertThat(loopback.score(REQUEST))
        .failsWithin(20, TimeUnit.SECONDS)
        .withThrowableThat()
        .withMessageContaining("UNAVAILABLE");
  }
}
