package io.saviorrec.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.StreamObserver;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.fakes.FakeEngine;
import io.saviorrec.server.fakes.TestBundles;
import java.net.http.HttpResponse;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// What a running server does, and how it stops.
class ServerTest extends ServersTest {
  /// Metrics of what this server has not.
  private static final List<String> WITHOUT =
      List.of("Only with a GPU", "Only with `tls.certificates`");

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
  void aStopWithACallThatIsStuckEndsTheBacklogAndTheCapturesAllTheSame() throws Exception {
    TestBundles.write(repository(), "saviorrec");
    Set<Thread> others = Thread.getAllStackTraces().keySet();
    Server server =
        start(
            TestConfigs.small(
                Map.of(
                    "server.drainTimeout",
                    "0s",
                    "capture.directory",
                    directory.resolve("slow").toString())));
    List<Thread> ends =
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> Set.of("backlog", "capture").contains(thread.getName()))
            .filter(thread -> !others.contains(thread))
            .toList();
    FakeEngine engine = engineOf("saviorrec");
    engine.scores.hold();
    var _ = ScoringGrpc.newFutureStub(channel(server)).score(REQUEST);
    engine.scores.awaitEntered();
    server.close();

    assertThat(engine.closed()).isFalse();
    assertThat(ends)
        .hasSize(2)
        .allSatisfy(thread -> assertThat(thread.join(Duration.ofSeconds(20))).isTrue());
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
  void showsMetricsAndAStatusPage() throws Exception {
    TestBundles.write(repository(), "saviorrec");
    TestBundles.write(repository(), "base");
    Server server =
        start(
            TestConfigs.small(
                Map.of(
                    "capture.directory",
                    directory.resolve("slow").toString(),
                    "exposures.directory",
                    directory.resolve("exposures").toString(),
                    "routing.shadow",
                    "{base: 0}",
                    "tracing.endpoint",
                    "http://127.0.0.1:9/v1/traces",
                    "tracing.sampleRatio",
                    "0")));
    ScoringGrpc.newBlockingStub(channel(server))
        .score(
            REQUEST.toBuilder()
                .putContext("nobodys", FeatureValue.newBuilder().setText("x").build())
                .build());

    HttpResponse<String> metrics = get(server.adminPort(), "/metrics");
    HttpResponse<String> page = get(server.adminPort(), "/");
    assertThat(metrics.headers().firstValue("Content-Type"))
        .hasValueSatisfying(type -> assertThat(type).startsWith("text/plain; version=0.0.4"));
    Set<String> documented = new HashSet<>();
    for (String line : Files.readAllLines(Path.of("..", "docs", "METRICS.md"))) {
      if (line.startsWith("| `savior_") && WITHOUT.stream().noneMatch(line::contains)) {
        for (String name : line.substring(2, line.indexOf(" |", 2)).split(", ", -1)) {
          assertThat(metrics.body()).contains("# TYPE " + name.replace("`", "") + " ");
          documented.add(name.replace("`", ""));
          documented.add(name.replace("`", "") + "_max");
        }
      }
    }
    assertThat(metrics.body().lines().filter(line -> line.startsWith("# TYPE savior_")))
        .allSatisfy(line -> assertThat(documented).contains(line.split(" ", -1)[2]));
    assertThat(metrics.body())
        .contains("savior_model_info{model=\"base\",variant=\"saviorrec\",version=\"1\"} 1");
    assertThat(metrics.body())
        .containsPattern("savior_model_memory_bytes\\{model=\"base\",part=\"item_table\".* [1-9]")
        .containsPattern("savior_memory_limit_bytes [1-9]")
        .containsPattern("savior_memory_anonymous_bytes [1-9]");
    assertThat(page.body())
        .contains("<td>base</td>", "<td>saviorrec</td>", "<td>test data</td>", ">40</td>")
        .contains("href=\"/metrics\"");
    assertThat(get(server.adminPort(), "/nowhere").statusCode()).isEqualTo(404);
  }

  private static void awaitStatus(Server server, int status) throws Exception {
    while (get(server.adminPort(), "/readyz").statusCode() != status) {
      Thread.onSpinWait();
    }
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
}
