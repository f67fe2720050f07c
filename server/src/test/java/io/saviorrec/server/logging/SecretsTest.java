package io.saviorrec.server.logging;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.server.config.LoggingConfig;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What callers send stays out of the log, however much is logged.
@Timeout(60)
class SecretsTest {
  private static final String TOKEN = "a-token-that-nobody-may-read";
  private static final String PAGE = "a-page-of-somebody";

  private final TestLog log = new TestLog();

  @AfterEach
  void configureAsBefore() {
    log.close();
  }

  @Test
  void tokensAndRequestsAreNotLoggedAtTrace() throws Exception {
    try (Logging _ = log.start(LoggingConfig.Format.TEXT, LoggingConfig.Level.TRACE)) {
      Server server =
          NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
              .addService(new Answering())
              .build()
              .start();
      ManagedChannel channel =
          NettyChannelBuilder.forAddress("127.0.0.1", server.getPort()).usePlaintext().build();
      try {
        ScoreResponse _ =
            ScoringGrpc.newBlockingStub(channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(authorization()))
                .score(ScoreRequest.newBuilder().setRequestId(PAGE).build());
      } finally {
        channel.shutdownNow();
        server.shutdownNow();
        assertThat(channel.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
        assertThat(server.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
      }
    }

    assertThat(log.lines())
        .isNotEmpty()
        .noneSatisfy(line -> assertThat(line).contains(TOKEN))
        .noneSatisfy(
            line ->
                assertThat(line)
                    .contains(HexFormat.of().formatHex(PAGE.getBytes(StandardCharsets.UTF_8))));
  }

  private static Metadata authorization() {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + TOKEN);
    return headers;
  }

  private static final class Answering extends ScoringGrpc.ScoringImplBase {
    @Override
    public void score(ScoreRequest request, StreamObserver<ScoreResponse> answer) {
      answer.onNext(ScoreResponse.getDefaultInstance());
      answer.onCompleted();
    }
  }
}
