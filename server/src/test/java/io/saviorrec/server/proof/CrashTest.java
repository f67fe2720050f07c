package io.saviorrec.server.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.ScoringGrpc;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A server that is killed while items come in.
@Timeout(180)
class CrashTest {
  private static final int WRITERS = 3;
  private static final long FIRST_ITEM = 1_000_000;

  @TempDir private Path folder;

  @Test
  void everyAcknowledgedItemOutlivesAKillUnderUpserts() throws Exception {
    ServerProcess.Plan plan = ServerProcess.Plan.of(TinyShop.repository(), folder);
    Map<Long, Score> acknowledged = new ConcurrentSkipListMap<>();
    try (ServerProcess server = ServerProcess.start(plan)) {
      ManagedChannel channel = server.channel();
      List<CompletableFuture<Void>> writers = new ArrayList<>();
      for (int i = 0; i < WRITERS; i++) {
        long first = FIRST_ITEM + i * 100_000L;
        writers.add(
            CompletableFuture.runAsync(
                () -> write(channel, first, acknowledged), task -> new Thread(task).start()));
      }
      assertThat(Eventually.within(Duration.ofSeconds(60), () -> acknowledged.size() >= 100))
          .isTrue();
      server.kill();
      for (CompletableFuture<Void> writer : writers) {
        writer.get(30, TimeUnit.SECONDS);
      }
    }
    try (ServerProcess server = ServerProcess.start(plan)) {
      ManagedChannel channel = server.channel();
      acknowledged.forEach(
          (itemId, before) -> assertThat(score(channel, itemId)).isEqualTo(before));
      assertThat(
              ItemsGrpc.newBlockingStub(channel)
                  .upsertItems(TinyShop.upsert(TinyShop.item(1, 1)))
                  .getResults(0)
                  .getError())
          .isEmpty();
      server.terminate();
      assertThat(server.awaitEnd()).isEqualTo(143);
    }
  }

  /// Sends one item after another until the server is gone.
  private static void write(ManagedChannel channel, long first, Map<Long, Score> acknowledged) {
    try {
      for (long itemId = first; ; itemId++) {
        Item item = TinyShop.item(itemId, (int) (itemId % 97));
        assertThat(
                ItemsGrpc.newBlockingStub(channel)
                    .upsertItems(TinyShop.upsert(item))
                    .getResults(0)
                    .getError())
            .isEmpty();
        acknowledged.put(itemId, score(channel, itemId));
      }
    } catch (StatusRuntimeException _) {
      // It was killed.
    }
  }

  private static Score score(ManagedChannel channel, long itemId) {
    Score score =
        ScoringGrpc.newBlockingStub(channel)
            .score(
                ScoreRequest.newBuilder()
                    .addCandidates(Candidate.newBuilder().setItemId(itemId))
                    .build())
            .getScores(0);
    assertThat(score.getSource()).isEqualTo(ScoreSource.ENCODED);
    return score;
  }
}
