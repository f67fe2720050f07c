package io.saviorrec.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoringGrpc;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class CallExecutorsTest {
  private static final String CONNECTION = "grpc-connection-";
  private static final ScoreRequest REQUEST =
      ScoreRequest.newBuilder().addCandidates(Candidate.newBuilder().setItemId(1)).build();

  @TempDir private Path repository;

  @Test
  void scoringRequestsStayOnTheThreadOfTheirConnection() throws Exception {
    assertThat(threadOf(Map.of(), "identity")).startsWith(CONNECTION);
  }

  @Test
  void whatMustBeDecompressedHoldsUpNoConnection() throws Exception {
    assertThat(threadOf(Map.of(), "gzip")).startsWith("grpc-").doesNotStartWith(CONNECTION);
  }

  @Test
  void messagesThatMayBeHugeHoldUpNoConnection() throws Exception {
    assertThat(threadOf(Map.of("limits.scoreBytes", "2000000"), "identity"))
        .startsWith("grpc-")
        .doesNotStartWith(CONNECTION);
  }

  /// The thread that decodes a scoring request and lets it in.
  private String threadOf(Map<String, String> settings, String compression)
      throws IOException, InterruptedException {
    BlockingQueue<String> threads = new LinkedBlockingQueue<>();
    try (ServingFixture fixture = new ServingFixture(repository, settings, "saviorrec");
        GrpcEndpoint endpoint =
            fixture.listen(() -> threads.add(Thread.currentThread().getName()), () -> {})) {
      ManagedChannel channel =
          NettyChannelBuilder.forAddress("127.0.0.1", endpoint.port()).usePlaintext().build();
      try {
        assertThat(
                ScoringGrpc.newBlockingStub(channel)
                    .withCompression(compression)
                    .score(REQUEST)
                    .getScoresCount())
            .isEqualTo(1);
      } finally {
        channel.shutdownNow();
      }
      return String.valueOf(threads.poll(20, TimeUnit.SECONDS));
    }
  }
}
