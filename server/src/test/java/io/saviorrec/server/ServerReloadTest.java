package io.saviorrec.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.ManagedChannel;
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
import io.saviorrec.proto.v1.UpsertItemsResponse;
import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.engine.Slots;
import io.saviorrec.server.fakes.FakeEngine;
import io.saviorrec.server.fakes.TestBundles;
import io.saviorrec.server.store.EncoderKey;
import io.saviorrec.server.store.ItemStore;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// New versions of a running server's models: how they come in, what is refused, and who answers
/// meanwhile.
class ServerReloadTest extends ServersTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /// One engine for each version.
  @Override
  FakeEngine engine(Bundle bundle, Slots slots) {
    return engines.computeIfAbsent(bundle.toString(), name -> new FakeEngine());
  }

  private static JsonNode reload(Server server) throws Exception {
    HttpResponse<String> answer = post(server, "/reload");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body());
  }

  private static HttpResponse<String> post(Server server, String path) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.adminPort() + path))
              .POST(HttpRequest.BodyPublishers.noBody())
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  private static <T> CompletableFuture<T> async(Callable<T> work) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return work.call();
          } catch (Exception e) {
            throw new CompletionException(e);
          }
        },
        task -> new Thread(task).start());
  }

  private static List<String> texts(JsonNode array) {
    return JSON.convertValue(
        array, JSON.getTypeFactory().constructCollectionType(List.class, String.class));
  }

  private long version(Server server) {
    return ScoringGrpc.newBlockingStub(channel(server)).score(REQUEST).getVersion();
  }

  @Test
  void aNewVersionTakesTrafficAndTheOldOneIsFreed() throws Exception {
    TestBundles.write(repository(), "m");
    Server server = start();
    ManagedChannel channel = channel(server);
    assertThat(ScoringGrpc.newBlockingStub(channel).score(REQUEST).getVersion()).isEqualTo(1);
    TestBundles.write(repository(), "m");

    JsonNode report = reload(server);

    assertThat(texts(report.get("live"))).containsExactly("m/2");
    assertThat(texts(report.get("loaded"))).containsExactly("m/2");
    assertThat(texts(report.get("retired"))).containsExactly("m/1");
    assertThat(ScoringGrpc.newBlockingStub(channel).score(REQUEST).getVersion()).isEqualTo(2);
    assertThat(engineOf("m/1").closed()).isTrue();
    assertThat(engineOf("m/1").callsAfterClose()).isZero();
    assertThat(get(server.adminPort(), "/metrics").body())
        .contains("savior_reloads_total{model=\"m\",result=\"loaded\"} 2.0")
        .contains("savior_model_info{model=\"m\",variant=\"saviorrec\",version=\"2\"} 1")
        .doesNotContain("version=\"1\"");
    assertThat(texts(reload(server).get("loaded"))).isEmpty();
  }

  @Test
  void thePollFindsANewVersionByItself() throws Exception {
    TestBundles.write(repository(), "m");
    Server server = start(TestConfigs.small(Map.of("models.pollInterval", "20ms")));
    TestBundles.write(repository(), "m");

    while (version(server) != 2) {
      Thread.onSpinWait();
    }
  }

  @Test
  void aVersionTakesNoTrafficBeforeItIsWarmAndHasTheStatesThatTrafficUsedLast() throws Exception {
    TestBundles.write(repository(), "m");
    Server server = start();
    ManagedChannel channel = channel(server);
    // Ten states are kept; those of the hottest items, which have the highest ids, are there.
    ScoringGrpc.newBlockingStub(channel).score(REQUEST);
    TestBundles.write(repository(), "m");
    FakeEngine second = new FakeEngine();
    second.scores.hold();
    engines.put("m/2", second);
    CompletableFuture<JsonNode> reloading = async(() -> reload(server));
    second.scores.awaitEntered();

    assertThat(ScoringGrpc.newBlockingStub(channel).score(REQUEST).getVersion()).isEqualTo(1);
    assertThat(second.items()).contains(1L);
    second.scores.open();
    reloading.get(30, TimeUnit.SECONDS);
    int puts = second.puts.calls();
    assertThat(ScoringGrpc.newBlockingStub(channel).score(REQUEST).getVersion()).isEqualTo(2);
    assertThat(second.puts.calls()).isEqualTo(puts);
  }

  @Test
  void anAlteredVersionIsRefusedAtEachReloadThatIsAskedForAndTheOldOneGoesOn() throws Exception {
    TestBundles.write(repository(), "m");
    Server server = start();
    Bundle bad = TestBundles.write(repository(), "m");
    byte[] whole = Files.readAllBytes(bad.path(Bundle.RANKER));
    Files.writeString(bad.path(Bundle.RANKER), "altered");

    JsonNode report = reload(server);

    assertThat(report.get("refused").get(0).get("reason").asText())
        .contains("m/2", Bundle.RANKER, "is truncated or altered");
    assertThat(engines).doesNotContainKey("m/2");
    assertThat(version(server)).isEqualTo(1);
    assertThat(get(server.adminPort(), "/metrics").body())
        .contains("savior_refused_versions{model=\"m\"} 1.0")
        .contains("savior_reloads_total{model=\"m\",result=\"refused\"} 1.0");
    assertThat(get(server.adminPort(), "/models").body()).contains("is truncated or altered");
    assertThat(get(server.adminPort(), "/").body()).contains("refused", "m/2", "altered");
    assertThat(get(server.adminPort(), "/readyz").statusCode()).isEqualTo(200);
    assertThat(reload(server).get("refused")).hasSize(1);
    assertThat(get(server.adminPort(), "/metrics").body())
        .contains("savior_reloads_total{model=\"m\",result=\"refused\"} 2.0");

    Files.write(bad.path(Bundle.RANKER), whole);
    assertThat(texts(reload(server).get("loaded"))).containsExactly("m/2");
    assertThat(version(server)).isEqualTo(2);
    assertThat(get(server.adminPort(), "/models").body()).doesNotContain("altered");
  }

  @Test
  void aVersionThatCannotScoreIsRefusedBeforeItTakesTraffic() throws Exception {
    TestBundles.write(repository(), "m");
    Server server = start();
    TestBundles.write(repository(), "m");
    FakeEngine broken = new FakeEngine();
    broken.fixScore(Float.NaN);
    engines.put("m/2", broken);

    assertThat(reload(server).get("refused").get(0).get("reason").asText())
        .contains("a request of the warm-up failed");
    assertThat(broken.closed()).isTrue();
    assertThat(version(server)).isEqualTo(1);
  }

  @Test
  void aVersionWhoseItemsWereMadeWithAnotherEncoderIsRefused() throws Exception {
    TestBundles.write(repository(), "m");
    Server server = start();
    Path manifest = TestBundles.write(repository(), "m").path(Bundle.MANIFEST);
    Files.writeString(
        manifest,
        Files.readString(manifest).replace("\"encoderSha\" : \"\"", "\"encoderSha\" : \"00\""));

    assertThat(reload(server).get("refused").get(0).get("reason").asText())
        .contains("made with another encoder.pt than it has");
    assertThat(engines).doesNotContainKey("m/2");
    assertThat(version(server)).isEqualTo(1);
  }

  @Test
  void aBundleThatIsCopiedIntoPlaceFileByFileIsNeverReadHalf() throws Exception {
    TestBundles.write(repository(), "m");
    Server server = start(TestConfigs.small(Map.of("models.pollInterval", "10ms")));
    Path elsewhere = Files.createDirectories(directory.resolve("elsewhere"));
    TestBundles.write(elsewhere, "m");
    Bundle whole = TestBundles.write(elsewhere, "m");
    Path target = Files.createDirectories(repository().resolve("m/2"));

    // The manifest first, which is the worst order; and each file in two steps.
    Files.copy(whole.path(Bundle.MANIFEST), target.resolve(Bundle.MANIFEST));
    for (String file : Bundle.FILES) {
      byte[] bytes = Files.readAllBytes(whole.path(file));
      Files.write(target.resolve(file), Arrays.copyOf(bytes, bytes.length / 2));
      JsonNode _ = reload(server);
      assertThat(version(server)).isEqualTo(1);
      Files.write(target.resolve(file), bytes);
    }
    assertThat(engines).doesNotContainKey("m/3");
    while (version(server) != 2) {
      Thread.onSpinWait();
    }
    assertThat(engineOf("m/2").closed()).isFalse();
  }

  @Test
  void labelsRollBackAndTwoVersionsAreLiveAtOnce() throws Exception {
    TestBundles.write(repository(), "m");
    TestBundles.write(repository(), "m");
    Server server = start(TestConfigs.small(Map.of("routing.labels", "{m: {stable: 1}}")));

    assertThat(version(server)).isEqualTo(1);
    ScoreResponse newest =
        ScoringGrpc.newBlockingStub(channel(server))
            .score(REQUEST.toBuilder().setModel("m").setVersion(2).build());
    assertThat(newest.getVersion()).isEqualTo(2);
    TestBundles.write(repository(), "m");
    assertThat(texts(reload(server).get("live"))).containsExactly("m/1", "m/3");
    assertThat(version(server)).isEqualTo(1);
    assertThat(get(server.adminPort(), "/models").body()).contains("stable");
  }

  @Test
  void startsWithTheLastGoodVersionAndSaysSo() throws Exception {
    TestBundles.write(repository(), "m");
    Bundle bad = TestBundles.write(repository(), "m");
    Files.writeString(bad.path(Bundle.ITEMS), "altered");
    Server server = start();

    assertThat(version(server)).isEqualTo(1);
    assertThat(get(server.adminPort(), "/").body()).contains("refused", "m/2", Bundle.ITEMS);
    assertThat(get(server.adminPort(), "/metrics").body())
        .contains("savior_refused_versions{model=\"m\"} 1.0");
    server.close();
    assertThatThrownBy(() -> start(TestConfigs.small(Map.of("models.strict", "true"))))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("m/2")
        .hasMessageContaining(Bundle.ITEMS);
  }

  @Test
  void aRefusedVersionThatALabelNamesIsWhyTheServerDoesNotStart() throws Exception {
    TestBundles.write(repository(), "m");
    Bundle bad = TestBundles.write(repository(), "m");
    Files.writeString(bad.path(Bundle.ITEMS), "altered");

    assertThatThrownBy(() -> start(TestConfigs.small(Map.of("routing.labels", "{m: {stable: 2}}"))))
        .isInstanceOfSatisfying(
            ConfigException.class,
            e ->
                assertThat(e.problems())
                    .satisfiesExactly(
                        first -> assertThat(first).contains("routing.labels.m.stable", "2 of m"),
                        second -> assertThat(second).contains("m/2", Bundle.ITEMS)));
  }

  @Test
  void itemsThatANewEncoderHasNotSeenAreEncodedBesideServing() throws Exception {
    Bundle first = TestBundles.write(repository(), "m");
    Server server = start();
    ManagedChannel channel = channel(server);
    UpsertItemsResponse _ = ItemsGrpc.newBlockingStub(channel).upsertItems(upsert("a hat"));
    TestBundles.write(repository(), "m", "another encoder");
    FakeEngine second = new FakeEngine();
    second.encodes.hold();
    engines.put("m/2", second);

    assertThat(texts(reload(server).get("live"))).containsExactly("m/2");
    second.encodes.awaitEntered();
    ScoreRequest request =
        ScoreRequest.newBuilder().addCandidates(Candidate.newBuilder().setItemId(777)).build();
    ScoreResponse meanwhile = ScoringGrpc.newBlockingStub(channel).score(request);
    assertThat(meanwhile.getVersion()).isEqualTo(2);
    assertThat(meanwhile.getScores(0).getSource()).isNotEqualTo(ScoreSource.ENCODED);
    assertThat(get(server.adminPort(), "/metrics").body()).contains("savior_items_backlog 1.0");
    second.encodes.open();
    while (ScoringGrpc.newBlockingStub(channel).score(request).getScores(0).getSource()
        != ScoreSource.ENCODED) {
      Thread.onSpinWait();
    }
    while (!get(server.adminPort(), "/metrics").body().contains("savior_items_backlog 0.0")) {
      Thread.onSpinWait();
    }
    // Rolling back would need no encoding.
    long hash = Objects.requireNonNull(store.items(new long[] {777}).getFirst()).contentHash();
    assertThat(
            store.representations(
                List.of(
                    new ItemStore.RepresentationId(777, hash, EncoderKey.of(first.manifest())))))
        .doesNotContainNull();
  }

  @Test
  void theBacklogTriesAgainWhatAnEngineThatEncodesNothingFailedOn() throws Exception {
    TestBundles.write(repository(), "m");
    Server server = start();
    ManagedChannel channel = channel(server);
    UpsertItemsResponse _ = ItemsGrpc.newBlockingStub(channel).upsertItems(upsert("a hat"));
    TestBundles.write(repository(), "m", "another encoder");
    FakeEngine second = new FakeEngine();
    second.encodes.fail(new IllegalStateException("the device is lost"));
    engines.put("m/2", second);
    JsonNode _ = reload(server);
    while (second.encodes.calls() < 4) {
      assertThat(get(server.adminPort(), "/readyz").statusCode()).isEqualTo(200);
    }
    assertThat(get(server.adminPort(), "/metrics").body()).contains("savior_items_backlog 1.0");

    second.encodes.fail(null);
    while (!get(server.adminPort(), "/metrics").body().contains("savior_items_backlog 0.0")) {
      Thread.onSpinWait();
    }
    ScoreRequest request =
        ScoreRequest.newBuilder().addCandidates(Candidate.newBuilder().setItemId(777)).build();
    assertThat(ScoringGrpc.newBlockingStub(channel).score(request).getScores(0).getSource())
        .isEqualTo(ScoreSource.ENCODED);
  }

  @Test
  void theBacklogTriesAgainWhatTheQuantizerFailedOn() throws Exception {
    TestBundles.write(repository(), "m");
    Server server = start();
    ManagedChannel channel = channel(server);
    Item.Builder ready = Item.newBuilder().setItemId(777).setZVersion(1);
    UpsertItemsResponse sent =
        ItemsGrpc.newBlockingStub(channel)
            .upsertItems(
                UpsertItemsRequest.newBuilder()
                    .addItems(ready.addAllZ(List.of(0f, 0f, 1f, 0f)))
                    .build());
    assertThat(sent.getResults(0).getError()).isEmpty();
    ScoreRequest request =
        ScoreRequest.newBuilder().addCandidates(Candidate.newBuilder().setItemId(777)).build();
    // As often as it likes, if it works in between.
    for (int version = 2; version <= 5; version++) {
      TestBundles.write(repository(), "m", "the encoder", "quantizer " + version);
      FakeEngine engine = new FakeEngine();
      engine.quantizes.failOnce(new IllegalStateException("the device is lost"));
      engines.put("m/" + version, engine);
      assertThat(texts(reload(server).get("loaded"))).containsExactly("m/" + version);
      while (ScoringGrpc.newBlockingStub(channel).score(request).getScores(0).getSource()
          != ScoreSource.ENCODED) {
        Thread.onSpinWait();
      }
      assertThat(engine.quantizes.calls()).isEqualTo(2);
    }
  }

  @Test
  void anItemThatNoEncoderTakesDoesNotHoldUpTheBacklog() throws Exception {
    TestBundles.write(repository(), "m");
    Server server = start();
    ManagedChannel channel = channel(server);
    UpsertItemsResponse _ = ItemsGrpc.newBlockingStub(channel).upsertItems(upsert("a hat"));
    TestBundles.write(repository(), "m", "another encoder");
    FakeEngine second = new FakeEngine();
    second.failOn("a hat");
    engines.put("m/2", second);
    JsonNode _ = reload(server);
    while (second.encodes.calls() < 4) {
      assertThat(get(server.adminPort(), "/readyz").statusCode()).isEqualTo(200);
    }
    while (!get(server.adminPort(), "/metrics").body().contains("savior_items_backlog 0.0")) {
      Thread.onSpinWait();
    }
    assertThat(second.encodes.calls()).isEqualTo(4);
  }

  @Test
  void theBacklogDoesNotPutBackWhatAnUpsertReplacedMeanwhile() throws Exception {
    TestBundles.write(repository(), "m");
    Server server = start();
    ItemsGrpc.ItemsFutureStub items = ItemsGrpc.newFutureStub(channel(server));
    UpsertItemsResponse _ = items.upsertItems(upsert("a hat")).get(20, TimeUnit.SECONDS);
    TestBundles.write(repository(), "m", "another encoder");
    FakeEngine second = new FakeEngine();
    second.encodes.hold();
    engines.put("m/2", second);
    JsonNode _ = reload(server);
    second.encodes.awaitEntered();
    ListenableFuture<UpsertItemsResponse> newer = items.upsertItems(upsert("a cap"));
    while (second.encodes.calls() < 2) {
      Thread.onSpinWait();
    }
    second.encodes.open();
    UpsertItemsResponse _ = newer.get(20, TimeUnit.SECONDS);

    while (!get(server.adminPort(), "/metrics").body().contains("savior_items_backlog 0.0")) {
      Thread.onSpinWait();
    }
    assertThat(store.items(new long[] {777}).getFirst())
        .satisfies(item -> assertThat(item.title()).isEqualTo("a cap"));
  }

  private static UpsertItemsRequest upsert(String title) {
    return UpsertItemsRequest.newBuilder()
        .addItems(Item.newBuilder().setItemId(777).setTitle(title))
        .build();
  }

  @Test
  void aVersionMayBeRemovedWhenANewerOneIsLiveWithoutTheServerBeingNotReady() throws Exception {
    TestBundles.write(repository(), "m");
    TestBundles.write(repository(), "m");
    Server server =
        start(
            TestConfigs.small(Map.of("models.keepVersions", "2", "bundles.watchInterval", "10ms")));
    Path first = repository().resolve("m/1");
    try (Stream<Path> files = Files.list(first)) {
      for (Path file :
          files.sorted(Comparator.comparing(each -> !each.endsWith(Bundle.MANIFEST))).toList()) {
        Files.delete(file);
        assertThat(get(server.adminPort(), "/readyz").statusCode()).isEqualTo(200);
      }
    }
    while (get(server.adminPort(), "/models").body().contains("\"version\" : 1")) {
      assertThat(get(server.adminPort(), "/readyz").statusCode()).isEqualTo(200);
    }
    assertThat(get(server.adminPort(), "/readyz").statusCode()).isEqualTo(200);
    assertThat(version(server)).isEqualTo(2);
  }

  @Test
  void noRequestFailsWhileVersionsComeAndGo() throws Exception {
    TestBundles.write(repository(), "m");
    Server server = start(TestConfigs.small(Map.of("engine.queueCapacity", "64")));
    ManagedChannel channel = channel(server);
    AtomicBoolean over = new AtomicBoolean();
    AtomicInteger answered = new AtomicInteger();
    CompletableFuture<Void> caller =
        async(
            () -> {
              while (!over.get()) {
                ScoreResponse _ = ScoringGrpc.newBlockingStub(channel).score(REQUEST);
                answered.incrementAndGet();
              }
              return null;
            });
    for (int i = 2; i <= 6; i++) {
      TestBundles.write(repository(), "m");
      assertThat(texts(reload(server).get("live"))).containsExactly("m/" + i);
      int before = answered.get();
      while (answered.get() < before + 2 && !caller.isDone()) {
        Thread.onSpinWait();
      }
      assertThat(engineOf("m/" + (i - 1)).closed()).isTrue();
      assertThat(engineOf("m/" + (i - 1)).callsAfterClose()).isZero();
    }
    over.set(true);
    caller.get(20, TimeUnit.SECONDS);
  }
}
