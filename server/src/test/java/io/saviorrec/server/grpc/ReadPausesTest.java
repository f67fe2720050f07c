package io.saviorrec.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandlerContext;
import io.grpc.netty.shaded.io.netty.channel.ChannelInboundHandlerAdapter;
import io.grpc.netty.shaded.io.netty.channel.ChannelOutboundHandlerAdapter;
import io.grpc.netty.shaded.io.netty.channel.embedded.EmbeddedChannel;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoringGrpc;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ReadPausesTest {
  private final AtomicLong waitMillis = new AtomicLong();
  private final AtomicInteger reads = new AtomicInteger();
  private final EmbeddedChannel channel =
      new EmbeddedChannel(
          new ChannelOutboundHandlerAdapter() {
            @Override
            public void read(ChannelHandlerContext context) {
              reads.incrementAndGet();
              context.read();
            }
          },
          new ReadPauses(() -> TimeUnit.MILLISECONDS.toNanos(waitMillis.get())),
          // As HTTP/2's handler does.
          new ChannelInboundHandlerAdapter() {
            @Override
            public void channelReadComplete(ChannelHandlerContext context) {
              if (!context.channel().config().isAutoRead()) {
                context.read();
              }
            }
          });

  @BeforeEach
  void freeze() {
    channel.freezeTime();
  }

  @AfterEach
  void close() {
    channel.unfreezeTime();
    channel.finishAndReleaseAll();
  }

  @Test
  void readsOnWhileLittleWaits() {
    waitMillis.set(15);

    channel.writeInbound("request");

    assertThat(channel.config().isAutoRead()).isTrue();
  }

  @Test
  void letsRequestsGatherForASixteenthOfTheWait() {
    waitMillis.set(32);

    channel.writeInbound("request");
    int before = reads.get();
    channel.read();
    after(1_999);

    assertThat(channel.config().isAutoRead()).isFalse();
    assertThat(reads).hasValue(before);

    after(1);

    assertThat(channel.config().isAutoRead()).isTrue();
    assertThat(reads).hasValueGreaterThan(before);
  }

  @Test
  void readsAgainAfterFiveMillisecondsHoweverMuchWaits() {
    waitMillis.set(60_000);

    channel.writeInbound("request");
    after(5_000);

    assertThat(channel.config().isAutoRead()).isTrue();
  }

  @Test
  void pausesAgainAfterTheNextRequest() {
    waitMillis.set(80);

    channel.writeInbound("request");
    after(5_000);
    channel.writeInbound("request");

    assertThat(channel.config().isAutoRead()).isFalse();
  }

  @Test
  void aConnectionThatClosesInAPauseIsLeftAlone() {
    waitMillis.set(80);

    channel.writeInbound("request");
    var _ = channel.close();
    after(5_000);

    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void everyCallOfAConnectionThatPausesIsAnswered(@TempDir Path repository) throws Exception {
    try (ServingFixture fixture = new ServingFixture(repository, Map.of(), "saviorrec");
        GrpcEndpoint endpoint =
            fixture.listen(() -> {}, () -> {}, () -> TimeUnit.SECONDS.toNanos(1))) {
      ManagedChannel caller =
          NettyChannelBuilder.forAddress("127.0.0.1", endpoint.port()).usePlaintext().build();
      try {
        ScoreRequest request =
            ScoreRequest.newBuilder().addCandidates(Candidate.newBuilder().setItemId(1)).build();
        for (int i = 0; i < 20; i++) {
          assertThat(
                  ScoringGrpc.newBlockingStub(caller)
                      .withDeadlineAfter(10, TimeUnit.SECONDS)
                      .score(request)
                      .getScoresCount())
              .isEqualTo(1);
        }
      } finally {
        caller.shutdownNow();
      }
    }
  }

  private void after(long micros) {
    channel.advanceTimeBy(micros, TimeUnit.MICROSECONDS);
    channel.runScheduledPendingTasks();
  }
}
