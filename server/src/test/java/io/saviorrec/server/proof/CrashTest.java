package io.saviorrec.server.proof;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.DeleteItemsRequest;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.proto.v1.StatColumn;
import io.saviorrec.proto.v1.UpdateStatsRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A server that is killed while items come in, change and go.
@Timeout(180)
class CrashTest {
  private static final int WRITERS = 3;
  private static final long FIRST_ITEM = 1_000_000;

  @TempDir private Path folder;

  @Test
  void everyAcknowledgedChangeOutlivesAKillUnderUpsertsAndDeletions() throws Exception {
    ServerProcess.Plan plan = ServerProcess.Plan.of(TinyShop.repository(), folder);
    Map<Long, Score> acknowledged = new ConcurrentSkipListMap<>();
    Set<Long> deleted = new ConcurrentSkipListSet<>();
    try (ServerProcess server = ServerProcess.start(plan)) {
      ManagedChannel channel = server.channel();
      List<CompletableFuture<Void>> writers = new ArrayList<>();
      for (int i = 0; i < WRITERS; i++) {
        long first = FIRST_ITEM + i * 100_000L;
        writers.add(
            CompletableFuture.runAsync(
                () -> write(channel, first, acknowledged, deleted),
                task -> new Thread(task).start()));
      }
      assertThat(Eventually.within(Duration.ofSeconds(60), () -> deleted.size() >= 40)).isTrue();
      server.kill();
      for (CompletableFuture<Void> writer : writers) {
        writer.get(30, TimeUnit.SECONDS);
      }
    }
    try (ServerProcess server = ServerProcess.start(plan)) {
      ManagedChannel channel = server.channel();
      acknowledged.forEach(
          (itemId, before) -> assertThat(score(channel, itemId)).isEqualTo(before));
      assertThat(acknowledged).hasSizeGreaterThan(40);
      deleted.forEach(
          itemId ->
              assertThat(anyScore(channel, itemId).getSource())
                  .as("deleted item " + itemId)
                  .isEqualTo(ScoreSource.UNKNOWN_ITEM));
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

  /// Sends one item after another until the server is gone; of those before some get other
  /// statistics and some are deleted.
  private static void write(
      ManagedChannel channel, long first, Map<Long, Score> acknowledged, Set<Long> deleted) {
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
        if (itemId % 3 == 1 && itemId > first) {
          // Until it is acknowledged, either may be true.
          acknowledged.remove(itemId - 1);
          ItemsGrpc.newBlockingStub(channel)
              .updateStats(
                  UpdateStatsRequest.newBuilder()
                      .addItemIds(itemId - 1)
                      .addColumns(
                          StatColumn.newBuilder().setName("pv").addValues(statistic(itemId)))
                      .build());
          acknowledged.put(itemId - 1, score(channel, itemId - 1));
        } else if (itemId % 3 == 2 && itemId > first) {
          acknowledged.remove(itemId - 1);
          ItemsGrpc.newBlockingStub(channel)
              .deleteItems(DeleteItemsRequest.newBuilder().addItemIds(itemId - 1).build());
          deleted.add(itemId - 1);
        }
      }
    } catch (StatusRuntimeException _) {
      // It was killed.
    }
  }

  private static float statistic(long itemId) {
    return 1000 + (int) (itemId % 500);
  }

  private static Score score(ManagedChannel channel, long itemId) {
    Score score = anyScore(channel, itemId);
    assertThat(score.getSource()).isEqualTo(ScoreSource.ENCODED);
    return score;
  }

  private static Score anyScore(ManagedChannel channel, long itemId) {
    return ScoringGrpc.newBlockingStub(channel)
        .score(
            ScoreRequest.newBuilder()
                .addCandidates(Candidate.newBuilder().setItemId(itemId))
                .build())
        .getScores(0);
  }
}
