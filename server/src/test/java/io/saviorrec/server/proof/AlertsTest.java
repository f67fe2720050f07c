package io.saviorrec.server.proof;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.server.fakes.RedisProcess;
import io.saviorrec.server.fakes.TestCertificates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Each alert fires in a real Prometheus when its fault is made at a real server.
@Timeout(400)
class AlertsTest {
  /// Whose fault cannot be made in seconds; `RulesTest` has them fire by themselves.
  private static final Set<String> NOT_MADE =
      Set.of(
          "SaviorMemoryShort warning",
          "SaviorGpuMemoryShort warning",
          "SaviorBacklogStuck warning",
          "SaviorShadowFails warning",
          "SaviorScalerAtLimit warning",
          "SaviorStoreErrors warning");

  /// What others who use its processor and its disk may bring about.
  private static final Set<String> OF_A_BUSY_MACHINE =
      Set.of(
          "SaviorAnswersDegraded warning",
          "SaviorExposuresLost warning",
          "SaviorScoringSlow critical",
          "SaviorScoringSlow warning",
          "SaviorStoreFillsUp warning");

  private static final Duration BOUND = Duration.ofSeconds(90);
  private static final int FLOOD = 2000;
  private static final int CONNECTIONS = 10;
  private static final long MOST_BALLAST = 512L << 20;

  @TempDir private Path folder;

  /// What has fired, and how bad it was called.
  private static Set<String> fired(PrometheusProcess prometheus) {
    return prometheus
        .query(
            "count by (alertname, severity)"
                + " (max_over_time(ALERTS{alertstate=\"firing\"}[10m]))")
        .stream()
        .map(sample -> sample.get("metric"))
        .map(each -> each.get("alertname").asText() + " " + each.get("severity").asText())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static void awaitFired(PrometheusProcess prometheus, String... alerts) {
    awaitFired(prometheus, () -> {}, alerts);
  }

  /// Makes the fault again and again until they fire.
  private static void awaitFired(PrometheusProcess prometheus, Runnable fault, String... alerts) {
    boolean all =
        Eventually.within(
            BOUND,
            () -> {
              fault.run();
              return fired(prometheus).containsAll(List.of(alerts));
            });
    assertThat(all).as("%s of %s", List.of(alerts), fired(prometheus)).isTrue();
  }

  @Test
  void everyAlertFiresWhenItsFaultIsMade() throws Exception {
    RedisProcess.assumeInstalled();
    SameVersions versions = SameVersions.tiny(folder.resolve("one"), TinyShop.ITEMS);
    Path first = versions.bringIn(1);
    SameVersions others = new SameVersions(first, folder.resolve("two").resolve("models"));
    Path _ = others.bringIn(3);
    Path routing = Files.writeString(folder.resolve("routing.yaml"), "defaultModel: tiny\n");
    try (PrometheusProcess prometheus = PrometheusProcess.start(folder.resolve("prometheus"));
        RedisProcess redis = RedisProcess.start(folder.resolve("redis"));
        ServerProcess server = ServerProcess.start(firstServer(versions, routing))) {
      prometheus.scrape("server-1", server);
      quietDay(prometheus, server);
      faultsOfModels(prometheus, server, versions, routing);
      faultsOfItems(prometheus, server);
      floods(prometheus, server);
      ServerProcess.Plan second = secondServer(others, redis);
      ServerProcess.Plan third = withBriefCertificate(others, folder.resolve("server-3"));
      secondServerFaults(prometheus, second, redis, third);
      outage(prometheus, server, first);

      Set<String> all =
          WatchFiles.alerts().stream()
              .map(alert -> alert.name() + " " + alert.severity())
              .collect(Collectors.toCollection(TreeSet::new));
      all.removeAll(NOT_MADE);
      assertThat(fired(prometheus)).containsAll(all);
    }
  }

  private ServerProcess.Plan firstServer(SameVersions versions, Path routing) {
    return ServerProcess.Plan.of(versions.repository(), folder.resolve("server-1"))
        .settings(
            Map.of(
                "routing.file", routing.toString(),
                "tls.reloadInterval", "1s",
                "models.pollInterval", "1s",
                "bundles.watchInterval", "1s",
                "engine.threads", "1",
                "engine.batchRows", "1",
                "engine.queueCapacity", "10000",
                "items.stateCapacity", "50"))
        .settings(
            Map.of(
                "overload.latencyTarget", "10s",
                "overload.queueTime", "10s",
                "overload.shortHistoryAfter", "0.01",
                "overload.historyShare", "0",
                "overload.baseScoreAfter", "1",
                "exposures.directory", folder.resolve("exposures").toString(),
                "exposures.rotateInterval", "1s",
                "connections.callsEach", "400",
                "exposures.queueCapacity", "20"));
  }

  /// With items in a Redis, and hardly any room for their copy.
  private ServerProcess.Plan secondServer(SameVersions versions, RedisProcess redis) {
    return ServerProcess.Plan.of(versions.repository(), folder.resolve("server-2"))
        .settings(
            Map.of(
                "items.store",
                "redis",
                "items.redis",
                "{address: \"127.0.0.1:" + redis.port() + "\"}",
                "items.minFreeBytes",
                Long.toString(1L << 50)));
  }

  private static ServerProcess.Plan withBriefCertificate(SameVersions versions, Path folder)
      throws Exception {
    TestCertificates.Identity brief =
        TestCertificates.in(folder.resolve("shop")).issue("brief", "CN=m", "ip:127.0.0.1", 41);
    return ServerProcess.Plan.of(versions.repository(), folder)
        .settings(
            Map.of(
                "tls.certificates", brief.chain().toString(), "tls.key", brief.key().toString()));
  }

  /// While all is well nobody is alarmed, but for the age of a model that was never trained.
  private static void quietDay(PrometheusProcess prometheus, ServerProcess server)
      throws InterruptedException {
    SteadyLoad load = SteadyLoad.start(server.channel(), 50, random -> TinyShop.page(random, 20));
    awaitFired(prometheus, "SaviorModelStale warning");
    boolean _ = Eventually.within(Duration.ofSeconds(20), () -> false);
    var _ = load.stop();
    Set<String> alarms = fired(prometheus);
    alarms.removeAll(OF_A_BUSY_MACHINE);
    if (!load.failures().isEmpty()) {
      alarms.removeIf(alarm -> alarm.startsWith("SaviorScoringErrors"));
    }
    assertThat(alarms).containsExactly("SaviorModelStale warning");
    SteadyLoad otherBases =
        SteadyLoad.start(server.channel(), 50, random -> withLowBases(TinyShop.page(random, 20)));
    awaitFired(prometheus, "SaviorScoresMoved warning");
    var _ = otherBases.stop();
    awaitFired(prometheus, "SaviorTrafficGone critical");
  }

  private static ScoreRequest withLowBases(ScoreRequest page) {
    ScoreRequest.Builder low = page.toBuilder();
    low.getCandidatesBuilderList().forEach(each -> each.setPctrBase(0.01));
    return low.build();
  }

  private static void faultsOfModels(
      PrometheusProcess prometheus, ServerProcess server, SameVersions versions, Path routing)
      throws IOException {
    Files.write(versions.bringIn(2).resolve(Bundle.RANKER), new byte[] {1, 2, 3});
    Files.writeString(routing, "defaultModel: no-such-model\n");
    ScoreRequest.Builder unknown = ScoreRequest.newBuilder();
    for (int i = 0; i < 20; i++) {
      unknown.addCandidates(Candidate.newBuilder().setItemId(5_000_000 + i));
    }
    ScoringGrpc.ScoringBlockingStub scoring = ScoringGrpc.newBlockingStub(server.channel());
    awaitFired(
        prometheus,
        () -> {
          var _ = scoring.score(unknown.build());
        },
        "SaviorUnknownItems warning",
        "SaviorVersionRefused warning",
        "SaviorReloadProblem warning");
  }

  private void faultsOfItems(PrometheusProcess prometheus, ServerProcess server) {
    ItemsGrpc.ItemsBlockingStub items = ItemsGrpc.newBlockingStub(server.channel());
    UpsertItemsRequest.Builder broken = UpsertItemsRequest.newBuilder();
    for (int i = 0; i < 20; i++) {
      broken.addItems(
          Item.newBuilder()
              .setItemId(6_000_000 + i)
              .setImage(ByteString.copyFromUtf8("not a picture")));
    }
    Path ballast = folder.resolve("server-1").resolve("ballast");
    awaitFired(
        prometheus,
        () -> {
          var _ = items.upsertItems(broken.build());
          grow(ballast);
        },
        "SaviorItemsRejected warning",
        "SaviorStoreFillsUp warning");
    delete(ballast);
  }

  private static void grow(Path file) {
    try {
      if (Files.notExists(file) || Files.size(file) < MOST_BALLAST) {
        Files.write(file, new byte[1 << 20], StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void delete(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /// More at once than one thread can score in a tenth of a second.
  private static void floods(PrometheusProcess prometheus, ServerProcess server) {
    List<ManagedChannel> channels = new ArrayList<>();
    for (int i = 0; i < CONNECTIONS; i++) {
      channels.add(server.channel());
    }
    awaitFired(
        prometheus,
        () -> flood(channels),
        "SaviorScoringSlow critical",
        "SaviorScoringSlow warning",
        "SaviorAnswersDegraded warning",
        "SaviorExposuresLost warning");
  }

  private static void flood(List<ManagedChannel> channels) {
    Random random = new Random(7);
    List<ScoreRequest> pages = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      pages.add(TinyShop.page(random, 500));
    }
    List<Future<?>> answers = new ArrayList<>();
    for (int i = 0; i < FLOOD; i++) {
      answers.add(
          ScoringGrpc.newFutureStub(channels.get(i % channels.size()))
              .withDeadlineAfter(60, TimeUnit.SECONDS)
              .score(pages.get(i % pages.size())));
    }
    for (Future<?> answer : answers) {
      try {
        var _ = answer.get();
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof StatusRuntimeException)) {
          throw new IllegalStateException(e);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }

  private static void secondServerFaults(
      PrometheusProcess prometheus,
      ServerProcess.Plan plan,
      RedisProcess redis,
      ServerProcess.Plan restarted)
      throws IOException {
    try (ServerProcess server = ServerProcess.start(plan)) {
      prometheus.scrape("server-2", server);
      ItemsGrpc.ItemsBlockingStub items = ItemsGrpc.newBlockingStub(server.channel());
      awaitFired(
          prometheus,
          () -> {
            try {
              var _ = items.upsertItems(TinyShop.upsert(TinyShop.item(7_000_000, 1)));
              throw new IllegalStateException("a full store took an item");
            } catch (StatusRuntimeException _) {
              // That is the fault.
            }
          },
          "SaviorVersionsDiffer warning",
          "SaviorStoreFull warning",
          "SaviorItemChangesFail warning");
      redis.kill();
      awaitFired(prometheus, "SaviorStoreAlone warning");
    }
    for (int i = 0; i < 3; i++) {
      String started =
          "process_start_time_seconds{instance=\"server-2\"} > "
              + System.currentTimeMillis() / 1000.0;
      try (ServerProcess again = ServerProcess.launch(restarted)) {
        prometheus.scrape("server-2", again);
        assertThat(Eventually.within(BOUND, () -> !prometheus.query(started).isEmpty()))
            .as(again.output())
            .isTrue();
      }
    }
    awaitFired(prometheus, "SaviorServerRestarts warning", "SaviorServerNotReady warning");
    try (ServerProcess again = ServerProcess.launch(restarted)) {
      prometheus.scrape("server-2", again);
      awaitFired(
          prometheus, "SaviorCertificateExpires critical", "SaviorCertificateExpires warning");
    }
  }

  /// The item table is gone under the server, so that nothing can be scored that is not cached.
  private static void outage(PrometheusProcess prometheus, ServerProcess server, Path bundle)
      throws IOException {
    Files.write(bundle.resolve(Bundle.ITEMS), new byte[0]);
    ScoringGrpc.ScoringBlockingStub scoring = ScoringGrpc.newBlockingStub(server.channel());
    Random random = new Random(9);
    awaitFired(
        prometheus,
        () -> {
          try {
            var _ = scoring.score(TinyShop.page(random, 20));
          } catch (StatusRuntimeException _) {
            // That is the fault.
          }
        },
        "SaviorScoringErrors critical",
        "SaviorScoringErrors warning",
        "SaviorVersionFails warning",
        "SaviorNoServerReady critical");
  }
}
