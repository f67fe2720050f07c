package io.saviorrec.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.DeleteItemsRequest;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.server.fakes.FakeEngine;
import io.saviorrec.server.fakes.RedisProcess;
import io.saviorrec.server.fakes.TcpProxy;
import io.saviorrec.server.fakes.TestBundles;
import io.saviorrec.server.store.RedisAddress;
import io.saviorrec.server.store.RedisItemStore;
import io.saviorrec.server.store.RocksItemStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Two servers that share their items by one Redis, the connection of one of which is cut.
class SharedItemsTest extends ServersTest {
  private static final long FIRST_ITEM = 1000;
  private static final int ITEMS = 5;
  private static final int CUTS = 3;

  @Test
  void everyItemIsScorableOnBothServersWithinASecondAfterTheConnectionIsBack() throws Exception {
    RedisProcess.assumeInstalled();
    TestBundles.write(repository(), "saviorrec");
    RedisProcess redis = RedisProcess.start(directory.resolve("redis"));
    opened.add(redis);
    TcpProxy cable = TcpProxy.to(redis.port());
    opened.add(cable);
    ManagedChannel near = channel(start("near", redis.port()));
    ManagedChannel far = channel(start("far", cable.port()));
    List<Long> millis = new ArrayList<>();
    for (int round = 0; round < CUTS; round++) {
      long first = FIRST_ITEM + 10L * round;
      // It may be a moment until the server, too, has noticed that the connection is back.
      while (failure(() -> upsert(far, first, first + 1)) != Status.Code.OK) {
        requireTime();
      }
      assertThat(unknown(far, first, 1)).as("at once where it was sent").isZero();
      cable.cut();
      upsert(near, first + 1, first + ITEMS);
      assertThat(failure(() -> upsert(far, 1, 2))).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(unknown(far, first, 1)).as("scored from what is there").isZero();
      assertThat(unknown(far, first + 1, ITEMS - 1)).isEqualTo(ITEMS - 1);
      cable.mend();
      long mended = System.nanoTime();
      awaitKnown(far, first, ITEMS);
      millis.add((System.nanoTime() - mended) / 1_000_000);
      awaitKnown(near, first, ITEMS);
    }
    ItemsGrpc.newBlockingStub(near)
        .deleteItems(DeleteItemsRequest.newBuilder().addItemIds(FIRST_ITEM).build());
    while (unknown(far, FIRST_ITEM, 1) == 0) {
      requireTime();
    }

    // Whoever runs this may be busy with something else once or twice.
    assertThat(Collections.min(millis)).as("milliseconds: " + millis).isLessThan(1000);
  }

  private Server start(String name, int redisPort) {
    RedisAddress address =
        new RedisAddress(
            "127.0.0.1", redisPort, false, null, null, null, "shop", Duration.ofSeconds(1), 0);
    Server server =
        Server.start(
            directory.resolve("models"),
            config(0, 0),
            new Server.Parts(
                _ -> RedisItemStore.open(address, RocksItemStore.open(directory.resolve(name), 0)),
                (_, _) -> new FakeEngine()));
    opened.add(server);
    return server;
  }

  private static void upsert(ManagedChannel channel, long from, long to) {
    UpsertItemsRequest.Builder request = UpsertItemsRequest.newBuilder();
    for (long id = from; id < to; id++) {
      request.addItems(Item.newBuilder().setItemId(id).setTitle("item " + id));
    }
    assertThat(ItemsGrpc.newBlockingStub(channel).upsertItems(request.build()).getResultsList())
        .allMatch(result -> result.getError().isEmpty());
  }

  private static Status.Code failure(Runnable call) {
    try {
      call.run();
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
    return Status.Code.OK;
  }

  /// How many of the items a server does not know.
  private static long unknown(ManagedChannel channel, long first, int count) {
    ScoreRequest.Builder request = ScoreRequest.newBuilder();
    for (long id = first; id < first + count; id++) {
      request.addCandidates(Candidate.newBuilder().setItemId(id));
    }
    return ScoringGrpc.newBlockingStub(channel).score(request.build()).getScoresList().stream()
        .map(Score::getSource)
        .filter(source -> source == ScoreSource.UNKNOWN_ITEM)
        .count();
  }

  private static void awaitKnown(ManagedChannel channel, long first, int count) {
    while (unknown(channel, first, count) > 0) {
      requireTime();
    }
  }

  private static void requireTime() {
    if (Thread.interrupted()) {
      throw new AssertionError("what the test waits for does not happen");
    }
  }
}
