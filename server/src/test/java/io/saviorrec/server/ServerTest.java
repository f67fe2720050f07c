package io.saviorrec.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.StreamObserver;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.BundleException;
import io.saviorrec.config.ConfigException;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.engine.Slots;
import io.saviorrec.server.fakes.FakeEngine;
import io.saviorrec.server.fakes.TestBundles;
import io.saviorrec.server.store.InMemoryItemStore;
import io.saviorrec.server.store.RocksItemStore;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ServerTest {
  private static final ScoreRequest REQUEST =
      ScoreRequest.newBuilder().addCandidates(Candidate.newBuilder().setItemId(1)).build();

  @TempDir private Path directory;
  private final InMemoryItemStore store = new InMemoryItemStore();
  private final Map<String, FakeEngine> engines = new ConcurrentHashMap<>();
  private final List<AutoCloseable> opened = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    engines.values().forEach(engine -> engine.scores.open());
    for (AutoCloseable each : opened.reversed()) {
      each.close();
    }
  }

  @Test
  void servesScoringHealthAndReflectionOnOnePort() throws Exception {
    TestBundles.write(repository(), "saviorrec");
    Server server = start();
    ManagedChannel channel = channel(server);

    assertThat(ScoringGrpc.newBlockingStub(channel).score(REQUEST).getScores(0).getPctr())
        .isEqualTo(FakeEngine.scoreOf(1));
    for (String service : List.of("", "saviorrec.v1.Scoring", "saviorrec.v1.Items")) {
      assertThat(health(channel, service)).isEqualTo(ServingStatus.SERVING);
    }
    assertThat(reflectedServicesOfV1Alpha(channel)).contains("saviorrec.v1.Scoring");
    assertThat(reflectedServices(channel))
        .contains("saviorrec.v1.Scoring", "saviorrec.v1.Items", "grpc.health.v1.Health");
  }

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
  void aStoppingServerServesCallsUntilItsPauseIsOverAndFinishesThoseInFlight() throws Exception {
    TestBundles.write(repository(), "saviorrec");
    Server server = start();
    FakeEngine engine = engineOf("saviorrec");
    ManagedChannel channel = channel(server);
    engine.scores.hold();
    ListenableFuture<ScoreResponse> inFlight = ScoringGrpc.newFutureStub(channel).score(REQUEST);
    engine.scores.awaitEntered();
    server.drain();

    assertThat(health(channel, "saviorrec.v1.Scoring")).isEqualTo(ServingStatus.NOT_SERVING);
    assertThat(get(server.adminPort(), "/readyz").statusCode()).isEqualTo(503);
    ListenableFuture<ScoreResponse> late = ScoringGrpc.newFutureStub(channel).score(REQUEST);
    engine.scores.open();
    assertThat(late.get(20, TimeUnit.SECONDS).getScores(0).getItemId()).isEqualTo(1);
    server.close();
    assertThat(inFlight.get(20, TimeUnit.SECONDS).getScores(0).getItemId()).isEqualTo(1);
    assertThat(engine.closed()).isTrue();
    assertThat(store.closed()).isTrue();
  }

  @Test
  void anEngineThatFailsTurnsReadinessOffAndItsRecoveryTurnsItOn() throws Exception {
    TestBundles.write(repository(), "saviorrec");
    Server server =
        start(
            TestConfigs.small(Map.of("health.failuresInRow", "2", "health.probeInterval", "10ms")));
    ManagedChannel channel = channel(server);
    FakeEngine engine = engineOf("saviorrec");
    engine.fixScore(Float.NaN);
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> ScoringGrpc.newBlockingStub(channel).score(REQUEST))
          .hasMessageContaining("INTERNAL");
    }

    awaitStatus(server, 503);
    assertThat(get(server.adminPort(), "/readyz").body())
        .startsWith("saviorrec/1: cannot score: saviorrec/1 gave item ");
    assertThat(health(channel, "saviorrec.v1.Scoring")).isEqualTo(ServingStatus.NOT_SERVING);
    assertThat(health(channel, "")).isEqualTo(ServingStatus.NOT_SERVING);
    assertThat(health(channel, "saviorrec.v1.Items")).isEqualTo(ServingStatus.SERVING);
    engine.fixScore(0.5f);
    awaitStatus(server, 200);
    assertThat(health(channel, "")).isEqualTo(ServingStatus.SERVING);
  }

  @Test
  void anItemTableThatWasTruncatedInPlaceTurnsReadinessOff() throws Exception {
    Bundle bundle = TestBundles.write(repository(), "saviorrec");
    Server server = start(TestConfigs.small(Map.of("health.probeInterval", "10ms")));
    ManagedChannel channel = channel(server);
    try (FileChannel items =
        FileChannel.open(bundle.path(Bundle.ITEMS), StandardOpenOption.WRITE)) {
      items.truncate(0);
    }

    // Items whose states are cached are scored still, so not every call fails.
    for (int itemId = 1; itemId <= 80; itemId++) {
      try {
        ScoringGrpc.newBlockingStub(channel)
            .score(
                ScoreRequest.newBuilder()
                    .addCandidates(Candidate.newBuilder().setItemId(1 + itemId % 40))
                    .build());
      } catch (StatusRuntimeException e) {
        assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
      }
    }
    awaitStatus(server, 503);
    assertThat(get(server.adminPort(), "/readyz").body()).contains("cannot score: InternalError");
    assertThat(get(server.adminPort(), "/healthz").statusCode()).isEqualTo(200);
  }

  @Test
  void anItemStoreThatFailsTakesItemsAloneOutOfService() throws Exception {
    TestBundles.write(repository(), "saviorrec");
    Server server = start(TestConfigs.small(Map.of("health.failuresInRow", "1")));
    ManagedChannel channel = channel(server);
    store.failWrites();
    UpsertItemsRequest upsert =
        UpsertItemsRequest.newBuilder()
            .addItems(Item.newBuilder().setItemId(777).setTitle("a hat"))
            .build();
    assertThatThrownBy(() -> ItemsGrpc.newBlockingStub(channel).upsertItems(upsert))
        .isInstanceOf(StatusRuntimeException.class);

    assertThat(health(channel, "saviorrec.v1.Items")).isEqualTo(ServingStatus.NOT_SERVING);
    assertThat(health(channel, "saviorrec.v1.Scoring")).isEqualTo(ServingStatus.SERVING);
    assertThat(get(server.adminPort(), "/readyz").statusCode()).isEqualTo(200);
    assertThat(get(server.adminPort(), "/").body()).contains("degraded", "its disk gives errors");
    store.mendWrites();
    ItemsGrpc.newBlockingStub(channel).upsertItems(upsert);
    assertThat(health(channel, "saviorrec.v1.Items")).isEqualTo(ServingStatus.SERVING);
  }

  private static void awaitStatus(Server server, int status) throws Exception {
    while (get(server.adminPort(), "/readyz").statusCode() != status) {
      Thread.onSpinWait();
    }
  }

  @Test
  void clientsThatDoNotRetryLoseNoCallWhenTheServerStops() throws Exception {
    TestBundles.write(repository(), "saviorrec");
    Server server = start(TestConfigs.small(Map.of("server.shutdownPause", "10m")));
    List<CompletableFuture<Integer>> clients = new ArrayList<>();
    CountDownLatch called = new CountDownLatch(4);
    for (int i = 0; i < 4; i++) {
      ManagedChannel channel =
          NettyChannelBuilder.forAddress("127.0.0.1", server.grpcPort())
              .usePlaintext()
              .disableRetry()
              .build();
      opened.add(channel::shutdownNow);
      clients.add(
          CompletableFuture.supplyAsync(
              () -> callWhileServing(channel, called), Thread::startVirtualThread));
    }
    called.await();
    CompletableFuture<Void> closing =
        CompletableFuture.runAsync(server::close, Thread::startVirtualThread);
    for (CompletableFuture<Integer> client : clients) {
      assertThat(client.get(30, TimeUnit.SECONDS)).isPositive();
    }
    assertThat(closing).isNotDone();

    // A call that is in flight when the pause ends is served too.
    FakeEngine engine = engineOf("saviorrec");
    engine.scores.hold();
    ListenableFuture<ScoreResponse> last =
        ScoringGrpc.newFutureStub(channel(server)).score(REQUEST);
    engine.scores.awaitEntered();
    CompletableFuture<Void> again =
        CompletableFuture.runAsync(server::close, Thread::startVirtualThread);
    engine.scores.open();
    assertThat(last.get(20, TimeUnit.SECONDS).getScoresCount()).isEqualTo(1);
    closing.get(20, TimeUnit.SECONDS);
    again.get(20, TimeUnit.SECONDS);
  }

  /// Calls without a break until the server says NOT_SERVING; fails when a call does.
  private static int callWhileServing(ManagedChannel channel, CountDownLatch called) {
    ScoringGrpc.ScoringBlockingStub stub = ScoringGrpc.newBlockingStub(channel);
    int answered = 0;
    do {
      answered += stub.score(REQUEST).getScoresCount();
      called.countDown();
    } while (health(channel, "") == ServingStatus.SERVING);
    return answered;
  }

  @Test
  void aCallThatDoesNotEndInTimeKeepsItsModelOpen() throws Exception {
    TestBundles.write(repository(), "saviorrec");
    Server server = start(TestConfigs.small(Map.of("server.drainTimeout", "0s")));
    FakeEngine engine = engineOf("saviorrec");
    engine.scores.hold();
    ListenableFuture<ScoreResponse> stuck =
        ScoringGrpc.newFutureStub(channel(server)).score(REQUEST);
    engine.scores.awaitEntered();
    server.close();

    assertThat(engine.closed()).isFalse();
    assertThat(store.closed()).isFalse();
    assertThatThrownBy(() -> stuck.get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(StatusRuntimeException.class);
  }

  @Test
  void aBundleThatIsChangedInPlaceMakesTheServerNotReadyUntilItIsPutBack() throws Exception {
    Path table = TestBundles.write(repository(), "saviorrec").path(Bundle.ITEMS);
    Server server = start(TestConfigs.small(Map.of("bundles.watchInterval", "20ms")));
    assertThat(get(server.adminPort(), "/readyz").statusCode()).isEqualTo(200);
    byte[] whole = Files.readAllBytes(table);

    Files.write(table, new byte[] {1});
    awaitStatus(server, 503);
    Files.write(table, whole);
    awaitStatus(server, 200);
    assertThat(ScoringGrpc.newBlockingStub(channel(server)).score(REQUEST).getScores(0).getPctr())
        .isEqualTo(FakeEngine.scoreOf(1));
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
            "savior_score_requests_seconds_count{bucket=\"none\",model=\"saviorrec\",status=\"OK\",variant=\"saviorrec\",version=\"1\"} 0",
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
  void showsMetricsAndAStatusPage() throws Exception {
    TestBundles.write(repository(), "saviorrec");
    TestBundles.write(repository(), "base");
    Server server =
        start(
            TestConfigs.small(
                Map.of(
                    "capture.directory",
                    directory.resolve("slow").toString(),
                    "tracing.endpoint",
                    "http://127.0.0.1:9/v1/traces",
                    "tracing.sampleRatio",
                    "0")));
    ScoringGrpc.newBlockingStub(channel(server)).score(REQUEST);

    HttpResponse<String> metrics = get(server.adminPort(), "/metrics");
    HttpResponse<String> page = get(server.adminPort(), "/");
    assertThat(metrics.headers().firstValue("Content-Type"))
        .hasValueSatisfying(type -> assertThat(type).startsWith("text/plain; version=0.0.4"));
    for (String line : Files.readAllLines(Path.of("..", "docs", "METRICS.md"))) {
      if (line.startsWith("| `savior_")) {
        for (String name : line.substring(2, line.indexOf(" |", 2)).split(", ", -1)) {
          assertThat(metrics.body()).contains("# TYPE " + name.replace("`", "") + " ");
        }
      }
    }
    assertThat(metrics.body())
        .contains("savior_model_info{model=\"base\",variant=\"saviorrec\",version=\"1\"} 1");
    assertThat(page.body())
        .contains("<td>base</td>", "<td>saviorrec</td>", "<td>test data</td>", ">40</td>")
        .contains("href=\"/metrics\"");
    assertThat(get(server.adminPort(), "/nowhere").statusCode()).isEqualTo(404);
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
      assertThat(source(third, 777)).isEqualTo(ScoreSource.ENCODED);
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
    Bundle bad = TestBundles.write(repository(), "bad");
    Files.writeString(bad.path(Bundle.ITEMS), "altered");

    assertThatThrownBy(this::start)
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("bad/1")
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
    TestBundles.write(repository(), "b");
    Server.Parts parts =
        new Server.Parts(
            _ -> store,
            (bundle, slots) -> {
              if (bundle.manifest().model().equals("b")) {
                throw new ConfigException(List.of("items.stateCapacity is too large for b/1"));
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
    assertThat(engineOf("saviorrec").closed()).isTrue();
  }

  private Path repository() throws IOException {
    return Files.createDirectories(directory.resolve("models"));
  }

  private FakeEngine engineOf(String model) {
    return Objects.requireNonNull(engines.get(model), model);
  }

  private FakeEngine engine(Bundle bundle, Slots slots) {
    return engines.computeIfAbsent(bundle.manifest().model(), name -> new FakeEngine());
  }

  private static ServerConfig config(int port, int adminPort) {
    return TestConfigs.small(
        Map.of("server.port", Integer.toString(port), "admin.port", Integer.toString(adminPort)));
  }

  private Server start() {
    return start(config(0, 0));
  }

  private Server start(ServerConfig config) {
    Server server =
        Server.start(
            directory.resolve("models"), config, new Server.Parts(_ -> store, this::engine));
    opened.add(server);
    return server;
  }

  private ManagedChannel channel(Server server) {
    return channel(server.grpcPort());
  }

  private ManagedChannel channel(int port) {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    opened.add(channel::shutdownNow);
    return channel;
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

  private static ServingStatus health(ManagedChannel channel, String service) {
    return HealthGrpc.newBlockingStub(channel)
        .check(HealthCheckRequest.newBuilder().setService(service).build())
        .getStatus();
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

  private static List<String> reflectedServices(ManagedChannel channel)
      throws InterruptedException {
    List<String> services = new ArrayList<>();
    CountDownLatch done = new CountDownLatch(1);
    StreamObserver<ServerReflectionRequest> requests =
        ServerReflectionGrpc.newStub(channel)
            .serverReflectionInfo(
                new StreamObserver<>() {
                  @Override
                  public void onNext(ServerReflectionResponse response) {
                    for (ServiceResponse service :
                        response.getListServicesResponse().getServiceList()) {
                      services.add(service.getName());
                    }
                  }

                  @Override
                  public void onError(Throwable failure) {
                    done.countDown();
                  }

                  @Override
                  public void onCompleted() {
                    done.countDown();
                  }
                });
    requests.onNext(ServerReflectionRequest.newBuilder().setListServices("*").build());
    requests.onCompleted();
    done.await();
    return services;
  }

  /// As today's tools ask.
  @SuppressWarnings("deprecation")
  private static String reflectedServicesOfV1Alpha(ManagedChannel channel) {
    CompletableFuture<String> services = new CompletableFuture<>();
    StreamObserver<io.grpc.reflection.v1alpha.ServerReflectionRequest> requests =
        io.grpc.reflection.v1alpha.ServerReflectionGrpc.newStub(channel)
            .serverReflectionInfo(
                new StreamObserver<>() {
                  @Override
                  public void onNext(io.grpc.reflection.v1alpha.ServerReflectionResponse response) {
                    services.complete(response.getListServicesResponse().toString());
                  }

                  @Override
                  public void onError(Throwable failure) {
                    services.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {}
                });
    requests.onNext(
        io.grpc.reflection.v1alpha.ServerReflectionRequest.newBuilder()
            .setListServices("*")
            .build());
    requests.onCompleted();
    return services.join();
  }

  private static HttpResponse<String> get(int port, String path) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
