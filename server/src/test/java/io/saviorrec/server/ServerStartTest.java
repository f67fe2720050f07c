package io.saviorrec.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.BundleException;
import io.saviorrec.config.ConfigException;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.fakes.FakeEngine;
import io.saviorrec.server.fakes.TestBundles;
import io.saviorrec.server.store.RocksItemStore;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// What a server does before it is ready, and what it does not start with.
class ServerStartTest extends ServersTest {
  @Test
  void isReadyOnlyAfterWarmUp() throws Exception {
    TestBundles.write(repository(), "saviorrec");
    int port = freePort();
    int adminPort = freePort();
    FakeEngine engine = new FakeEngine();
    engine.scores.hold();
    engines.put("saviorrec", engine);
    CompletableFuture<Server> starting =
        CompletableFuture.supplyAsync(() -> start(config(port, adminPort)));
    engine.scores.awaitEntered();
    ManagedChannel channel = channel(port);

    assertThat(health(channel, "saviorrec.v1.Scoring")).isEqualTo(ServingStatus.NOT_SERVING);
    assertThat(health(channel, "live")).isEqualTo(ServingStatus.SERVING);
    assertThat(get(adminPort, "/readyz").statusCode()).isEqualTo(503);
    assertThat(get(adminPort, "/healthz").statusCode()).isEqualTo(200);
    assertUnavailable(channel, "the server is starting");
    engine.scores.open();
    starting.get(30, TimeUnit.SECONDS);
    assertThat(health(channel, "saviorrec.v1.Scoring")).isEqualTo(ServingStatus.SERVING);
    assertThat(get(adminPort, "/readyz").statusCode()).isEqualTo(200);
    assertThat(engine.scores.calls()).isGreaterThanOrEqualTo(2);
  }

  @Test
  void warmUpIsNotCounted() throws Exception {
    TestBundles.write(repository(), "saviorrec");
    Server server = start();

    assertThat(engineOf("saviorrec").scores.calls()).isPositive();
    assertThat(get(server.adminPort(), "/metrics").body())
        .contains(
            "savior_score_candidates_count{model=\"saviorrec\",variant=\"saviorrec\",version=\"1\"} 0")
        .contains(
            "savior_score_requests_seconds_count{bucket=\"none\",model=\"saviorrec\",priority=\"NORMAL\",status=\"OK\",variant=\"saviorrec\",version=\"1\"} 0",
            "savior_item_states_hits_total{model=\"saviorrec\",variant=\"saviorrec\",version=\"1\"} 0.0",
            "savior_item_states_misses_total{model=\"saviorrec\",variant=\"saviorrec\",version=\"1\"} 0.0",
            "savior_call_seconds_count{method=\"saviorrec.v1.Items/UpsertItems\",status=\"RESOURCE_EXHAUSTED\"} 0",
            "savior_refused_total{reason=\"RESOURCE_EXHAUSTED\"} 0.0");
  }

  @Test
  void theWarmUpIsCapturedAndTracedByNobodyAndFillsTheStatesOfTheHottestItems() throws Exception {
    TestBundles.write(repository(), "saviorrec");
    Path slow = directory.resolve("slow");
    Server server =
        start(
            TestConfigs.small(
                Map.of(
                    "engine.warmUpTime",
                    "300ms",
                    "capture.directory",
                    slow.toString(),
                    "capture.slowerThan",
                    "0s")));

    FakeEngine engine = engineOf("saviorrec");
    assertThat(engine.scores.calls()).isPositive();
    assertThat(engine.encodes.calls()).isPositive();
    assertThat(store.changesSince(0, 10).itemIds()).isEmpty();
    String metrics = get(server.adminPort(), "/metrics").body();
    assertThat(metrics)
        .contains("savior_encode_seconds_count 0", "savior_captures_total{result=\"written\"} 0.0");
    if (Files.exists(slow)) {
      assertThat(slow).isEmptyDirectory();
    }
    int puts = engine.puts.calls();
    // Page views of the test's items grow with their ids, and ten states are kept.
    ScoringGrpc.newBlockingStub(channel(server))
        .score(
            ScoreRequest.newBuilder()
                .addCandidates(Candidate.newBuilder().setItemId(TestBundles.ITEMS))
                .build());
    assertThat(engine.puts.calls()).isEqualTo(puts);
  }

  @Test
  void limitsBelowWhatTheWarmUpSendsDoNotKeepTheServerFromStarting() throws Exception {
    TestBundles.write(repository(), "saviorrec");
    Server server =
        start(
            TestConfigs.small(
                Map.of(
                    "engine.warmUpTime", "50ms",
                    "limits.history", "1",
                    "limits.scoreBytes", "1024",
                    "limits.mapEntries", "1",
                    "limits.requestIdChars", "1",
                    "items.maxTextChars", "3")));

    assertThat(get(server.adminPort(), "/readyz").statusCode()).isEqualTo(200);
  }

  @Test
  void sentItemsSurviveARestartANewEncoderAndAFullDisk() throws Exception {
    Path repository = repository();
    TestBundles.write(repository, "saviorrec");
    Path items = directory.resolve("items");
    Server.Parts parts = new Server.Parts(_ -> RocksItemStore.open(items, 0), this::engine);
    try (Server first = Server.start(repository, config(0, 0), parts)) {
      ItemsGrpc.newBlockingStub(channel(first))
          .upsertItems(
              UpsertItemsRequest.newBuilder()
                  .addItems(Item.newBuilder().setItemId(777).setTitle("a hat"))
                  .build());
    }
    engines.clear();
    try (Server second = Server.start(repository, config(0, 0), parts)) {
      assertThat(source(second, 777)).isEqualTo(ScoreSource.ENCODED);
      assertThat(engineOf("saviorrec").encodes.calls()).isZero();
    }
    engines.clear();
    TestBundles.write(repository, "saviorrec", "another encoder");
    Server.Parts full =
        new Server.Parts(_ -> RocksItemStore.open(items, Long.MAX_VALUE), this::engine);
    try (Server onAFullDisk = Server.start(repository, config(0, 0), full)) {
      assertThat(source(onAFullDisk, 777)).isEqualTo(ScoreSource.UNKNOWN_ITEM);
    }
    engines.clear();
    try (Server third = Server.start(repository, config(0, 0), parts)) {
      while (source(third, 777) != ScoreSource.ENCODED) {
        Thread.onSpinWait();
      }
      // The item is there a moment before it is counted off.
      while (!get(third.adminPort(), "/metrics").body().contains("savior_items_backlog 0.0")) {
        Thread.onSpinWait();
      }
      assertThat(engineOf("saviorrec").encodes.calls()).isEqualTo(1);
    }
  }

  @Test
  void saysWhichPortIsTaken() throws Exception {
    TestBundles.write(repository(), "saviorrec");
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = taken.getLocalPort();
      assertThatThrownBy(() -> start(config(port, 0)))
          .isInstanceOf(StartupException.class)
          .hasMessage(
              "cannot listen on 127.0.0.1:"
                  + port
                  + " for gRPC: the port is in use; choose another with --port");
      assertThatThrownBy(() -> start(config(0, port)))
          .isInstanceOf(StartupException.class)
          .hasMessageContaining("choose another with --admin-port");
    }
  }

  @Test
  void refusesToStartWhenOneBundleOfTwoIsBad() throws Exception {
    TestBundles.write(repository(), "good");
    Bundle bad = TestBundles.write(repository(), "saviorrec");
    Files.writeString(bad.path(Bundle.ITEMS), "altered");

    assertThatThrownBy(this::start)
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("saviorrec/1")
        .hasMessageContaining(Bundle.ITEMS)
        .hasMessageNotContaining("good/1");
    assertThat(engineOf("good").closed()).isTrue();
    assertThat(store.closed()).isTrue();
  }

  @Test
  void refusesAModelWhoseGoldenReplayFails() throws Exception {
    TestBundles.write(repository(), "saviorrec");
    Server.Parts parts =
        new Server.Parts(
            _ -> store,
            (bundle, slots) -> {
              throw bundle.broken(Bundle.RANKER, "gives other scores");
            });

    assertThatThrownBy(() -> Server.start(repository(), config(0, 0), parts))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("gives other scores");
  }

  @Test
  void closesEverythingWhenASettingCannotBeUsedWithOneModelOfTwo() throws Exception {
    TestBundles.write(repository(), "a");
    TestBundles.write(repository(), "saviorrec");
    Server.Parts parts =
        new Server.Parts(
            _ -> store,
            (bundle, slots) -> {
              if (bundle.manifest().model().equals("saviorrec")) {
                throw new ConfigException(
                    List.of("items.stateCapacity is too large for saviorrec/1"));
              }
              return engine(bundle, slots);
            });

    assertThatThrownBy(() -> Server.start(repository(), config(0, 0), parts))
        .isInstanceOf(ConfigException.class);
    assertThat(engineOf("a").closed()).isTrue();
    assertThat(store.closed()).isTrue();
  }

  @Test
  void refusesAnEmptyRepositoryAndOneThatIsNotThere() throws Exception {
    Path empty = repository();
    assertThatThrownBy(this::start)
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("no model in " + empty);
    assertThatThrownBy(
            () ->
                Server.start(
                    directory.resolve("nowhere"),
                    config(0, 0),
                    new Server.Parts(_ -> store, this::engine)))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("nowhere is not a folder");
  }

  @Test
  void refusesRoutesToModelsThatAreNotThere() throws Exception {
    TestBundles.write(repository(), "saviorrec");
    ServerConfig config = TestConfigs.small(Map.of("routing.defaultModel", "gone"));

    assertThatThrownBy(() -> start(config))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("routing.defaultModel names model \"gone\"");
    assertThat(engines).isEmpty();
    assertThat(store.closed()).isTrue();
  }

  private ScoreSource source(Server server, long itemId) {
    return ScoringGrpc.newBlockingStub(channel(server))
        .score(
            ScoreRequest.newBuilder()
                .addCandidates(Candidate.newBuilder().setItemId(itemId))
                .build())
        .getScores(0)
        .getSource();
  }

  private static void assertUnavailable(ManagedChannel channel, String description) {
    assertThatThrownBy(() -> ScoringGrpc.newBlockingStub(channel).score(REQUEST))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
              assertThat(e.getStatus().getDescription()).isEqualTo(description);
            });
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
