package io.saviorrec.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.saviorrec.contract.Precision;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.proto.v1.UpsertItemsResponse;
import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.engine.BundleEngine;
import io.saviorrec.server.fakes.HeldEngine;
import io.saviorrec.server.fakes.TinyRepository;
import io.saviorrec.server.store.InMemoryItemStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Two connections to a server with eight places in each queue, all of which one of them wants.
@Timeout(120)
class CallersTakeSharesTest {
  private static final int PLACES = 8;

  @TempDir private Path repository;
  private final HeldEngine.Gate gate = new HeldEngine.Gate();
  private final List<ManagedChannel> channels = new ArrayList<>();
  private @Nullable Server server;

  @BeforeEach
  void start() throws Exception {
    TinyRepository.write(repository.resolve("models"), 1, 20);
    server =
        Server.start(
            repository.resolve("models"),
            TestConfigs.small(
                Map.of(
                    "engine.threads",
                    "1",
                    "engine.queueCapacity",
                    Integer.toString(PLACES),
                    "overload.shortHistoryAfter",
                    "1",
                    "items.encodeQueueCapacity",
                    Integer.toString(PLACES))),
            new Server.Parts(
                folder -> new InMemoryItemStore(),
                (bundle, slots) ->
                    new HeldEngine(BundleEngine.load(bundle, "cpu", slots, Precision.FP32), gate)));
  }

  @AfterEach
  void stop() {
    gate.open();
    channels.forEach(ManagedChannel::shutdownNow);
    if (server != null) {
      server.close();
    }
  }

  @Test
  void oneConnectionDoesNotTakeEveryPlaceInTheQueueFromAnother() throws Exception {
    ManagedChannel greedy = connect();
    ManagedChannel modest = connect();
    gate.shut();
    List<Future<ScoreResponse>> good = new ArrayList<>();
    good.add(score(modest));
    gate.awaitEntered();
    for (int i = 1; i <= PLACES / 2; i++) {
      good.add(score(greedy));
      awaitQueued(i);
    }
    Future<ScoreResponse> tooMany = score(greedy);

    assertThatThrownBy(() -> tooMany.get(20, TimeUnit.SECONDS))
        .hasMessageContaining("RESOURCE_EXHAUSTED")
        .hasMessageContaining("of this caller are in the scoring queue");
    good.add(score(modest));
    awaitQueued(PLACES / 2 + 1);
    gate.open();
    for (Future<ScoreResponse> each : good) {
      assertThat(each.get(20, TimeUnit.SECONDS).getScoresCount()).isEqualTo(1);
    }
  }

  @Test
  void oneWriterDoesNotTakeEveryPlaceForUpsertsFromAnother() throws Exception {
    ManagedChannel greedy = connect();
    ManagedChannel modest = connect();
    gate.shut();
    List<Future<UpsertItemsResponse>> sent = new ArrayList<>();
    Future<UpsertItemsResponse> first = upsert(modest, 1);
    gate.awaitEntered();
    for (int i = 0; i < 3 * PLACES; i++) {
      sent.add(upsert(greedy, 100 + i));
    }
    // All but those that have a place are refused.
    while (sent.stream().filter(Future::isDone).count() < 2 * PLACES) {
      Thread.onSpinWait();
    }
    Future<UpsertItemsResponse> second = upsert(modest, 2);
    gate.open();

    assertThat(first.get(20, TimeUnit.SECONDS).getResults(0).getError()).isEmpty();
    assertThat(second.get(20, TimeUnit.SECONDS).getResults(0).getError()).isEmpty();
    assertThat(refused(sent)).isBetween(2L * PLACES, 3L * PLACES - 1);
  }

  private static long refused(List<Future<UpsertItemsResponse>> sent) throws InterruptedException {
    long refused = 0;
    for (Future<UpsertItemsResponse> each : sent) {
      while (!each.isDone()) {
        Thread.onSpinWait();
      }
      if (each.state() == Future.State.FAILED) {
        assertThat(each.exceptionNow()).hasMessageContaining("of this caller are in the encoding");
        refused++;
      }
    }
    return refused;
  }

  private ManagedChannel connect() {
    if (server == null) {
      throw new IllegalStateException("not started");
    }
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", server.grpcPort())
            .usePlaintext()
            .disableRetry()
            .build();
    channels.add(channel);
    return channel;
  }

  private static ListenableFuture<ScoreResponse> score(ManagedChannel channel) {
    return ScoringGrpc.newFutureStub(channel)
        .score(
            ScoreRequest.newBuilder()
                .addCandidates(Candidate.newBuilder().setItemId(TinyRepository.FIRST_ITEM))
                .build());
  }

  private static ListenableFuture<UpsertItemsResponse> upsert(ManagedChannel channel, long item) {
    return ItemsGrpc.newFutureStub(channel)
        .upsertItems(
            UpsertItemsRequest.newBuilder()
                .addItems(Item.newBuilder().setItemId(item).setTitle("red wizard"))
                .build());
  }

  private void awaitQueued(int number) {
    while (server != null && server.queued() != number) {
      if (Thread.interrupted()) {
        throw new AssertionError("the request does not wait");
      }
      Thread.onSpinWait();
    }
  }
}
