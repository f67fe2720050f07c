package io.saviorrec.server.proof;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.ManagedChannel;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.server.fakes.TinyRepository;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// New versions of a model, one after the other, under a server of its own process that scores.
///
/// `reload.cycles`, `reload.rate` and `reload.candidates` say how many, under how many requests a
/// second and of which size; `reload.bundle` of which model, by the folder of a version of it.
@Timeout(1800)
class ReloadTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /// One for all calls: to make one costs the load's processor time that the server is blamed for.
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private static final int CYCLES = Integer.getInteger("reload.cycles", 100);
  private static final int RATE = Integer.getInteger("reload.rate", 200);

  /// So many that hashing them, and computing their states, takes a while.
  private static final int ITEMS = 20_000;

  private static final int CANDIDATES = Integer.getInteger("reload.candidates", 20);

  /// Until then memory and code settle.
  private static final int WARM_UP_CYCLES = 10;

  private static final Duration STEADY = Duration.ofSeconds(2);

  /// Its first requests count as such during the reload.
  private static final Duration FIRST = Duration.ofMillis(500);

  /// After a version was copied, before it is loaded.
  private static final Duration CALM = Duration.ofMillis(200);

  private static final double MOST_SLOWER = 1.2;
  private static final double MOST_GROWN = 1.05;

  /// As many users as a model of the usual size keeps: the tiny one's are small.
  private static final Map<String, String> SETTINGS =
      Map.of("models.pollInterval", "0s", "users.stateBytes", "12000000");

  @TempDir private Path folder;
  private final List<long[]> reloads = new ArrayList<>();
  private final List<long[]> preparations = new ArrayList<>();

  @Test
  void noRequestFailsWhileVersionsComeAndGoAndNothingOfThemIsLeft() throws Exception {
    int cycles = 3;
    SameVersions versions = SameVersions.tiny(folder, TinyShop.ITEMS);
    Path _ = versions.bringIn(1);
    Path temporary = Files.createDirectory(folder.resolve("tmp"));
    try (ServerProcess server =
        ServerProcess.start(plan(versions).flags("-Djava.io.tmpdir=" + temporary))) {
      SteadyLoad load =
          SteadyLoad.start(server.channel(), 50, random -> versions.page(random, CANDIDATES));
      for (int version = 2; version <= cycles + 1; version++) {
        Path _ = versions.bringIn(version);
        reload(server, versions.name(version));
      }
      int before = load.answered();
      assertThat(Eventually.within(Duration.ofSeconds(20), () -> load.answered() > before + 10))
          .isTrue();
      List<SteadyLoad.Sample> samples = load.stop();

      assertThat(load.failures()).isEmpty();
      assertThat(samples).extracting(SteadyLoad.Sample::version).contains(1L, cycles + 1L);
      assertOnlyMapped(server, cycles + 1);
      try (Stream<Path> left = Files.list(temporary)) {
        assertThat(left).noneMatch(Files::isDirectory);
      }
    }
  }

  @Test
  void aVersionThatWasCutShortIsRefusedAndTheOneBeforeItServes() throws Exception {
    SameVersions versions = SameVersions.tiny(folder, TinyShop.ITEMS);
    try (ServerProcess server = start(versions)) {
      Path ranker = versions.bringIn(2).resolve(Bundle.RANKER);
      byte[] whole = Files.readAllBytes(ranker);
      Files.write(ranker, new byte[] {1, 2, 3});
      JsonNode report = post(server);

      assertThat(report.get("live").get(0).asText()).isEqualTo("tiny/1");
      assertThat(report.get("refused").get(0).get("reason").asText())
          .contains(Bundle.RANKER, "is truncated or altered");
      assertThat(score(server.channel(), TinyRepository.FIRST_ITEM).getSource())
          .isEqualTo(ScoreSource.TRAINED);
      Files.write(ranker, whole);
      reload(server, "tiny/2");
    }
  }

  @Test
  void aServerThatIsKilledDuringAReloadStartsWithTheNewestGoodVersion() throws Exception {
    SameVersions versions = SameVersions.tiny(folder, TinyShop.ITEMS);
    Score sent;
    try (ServerProcess server = start(versions)) {
      assertThat(
              ItemsGrpc.newBlockingStub(server.channel())
                  .upsertItems(TinyShop.upsert(TinyShop.item(1_000_000, 3)))
                  .getResults(0)
                  .getError())
          .isEmpty();
      sent = score(server.channel(), 1_000_000);
      Path _ = versions.bringIn(2);
      CompletableFuture<Void> asked =
          CompletableFuture.runAsync(
              () -> {
                try {
                  JsonNode _ = post(server);
                } catch (IOException | InterruptedException _) {
                  // It was killed.
                }
              },
              task -> new Thread(task).start());
      assertThat(
              Eventually.within(
                  Duration.ofSeconds(60), () -> server.output().contains("loaded tiny/2")))
          .isTrue();
      server.kill();
      asked.join();
    }
    // A copy that nobody finishes, whose manifest came first.
    Path half = versions.bringIn(3);
    byte[] golden = Files.readAllBytes(half.resolve(Bundle.GOLDEN));
    Files.delete(half.resolve(Bundle.GOLDEN));
    try (ServerProcess server = ServerProcess.start(plan(versions))) {
      assertThat(get(server, "/models"))
          .contains("\"version\" : 2", "\"version\" : 3", Bundle.GOLDEN + ": is missing");
      assertThat(score(server.channel(), 1_000_000)).isEqualTo(sent);
      Files.write(half.resolve(Bundle.GOLDEN), golden);
      reload(server, "tiny/3");
    }
  }

  @Test
  @Tag("proof")
  void aHundredReloadsUnderLoadFailNoRequestAndCostNeitherLatencyNorMemory() throws Exception {
    String bundle = System.getProperty("reload.bundle");
    SameVersions versions =
        bundle == null
            ? SameVersions.tiny(folder, ITEMS)
            : new SameVersions(Path.of(bundle).toAbsolutePath(), folder.resolve("models"));
    Path _ = versions.bringIn(1);
    try (ServerProcess server =
        ServerProcess.start(
            plan(versions)
                .settings(Map.of("engine.warmUpTime", "5s"))
                .flags("-Xms512m", "-Xmx512m", "-XX:+AlwaysPreTouch"))) {
      SteadyLoad load =
          SteadyLoad.start(server.channel(), RATE, random -> versions.page(random, CANDIDATES));
      List<Long> resident = new ArrayList<>();
      long measured = System.nanoTime();
      for (int cycle = 1; cycle <= CYCLES; cycle++) {
        boolean _ = Eventually.within(STEADY, () -> false);
        long copying = System.nanoTime();
        Path _ = versions.bringIn(cycle + 1);
        boolean _ = Eventually.within(CALM, () -> false);
        long start = System.nanoTime();
        preparations.add(new long[] {copying, start});
        reload(server, versions.name(cycle + 1));
        reloads.add(new long[] {start, System.nanoTime() + FIRST.toNanos()});
        if (cycle == WARM_UP_CYCLES) {
          measured = System.nanoTime();
        }
        if (cycle % WARM_UP_CYCLES == 0) {
          resident.add(server.rssBytes());
        }
      }
      long from = measured;
      List<SteadyLoad.Sample> samples =
          load.stop().stream()
              .filter(sample -> sample.dueNanos() > from && !in(preparations, sample))
              .toList();
      double[] during = millis(samples, sample -> in(reloads, sample));
      double[] steady = millis(samples, sample -> !in(reloads, sample));
      double ratio = during[2] / steady[2];
      double grown = (double) resident.getLast() / resident.getFirst();
      System.out.printf(
          "reload: %d reloads of %s of %.0f ms at %d requests/s of %d candidates: %d answers, %d"
              + " failed; p50, p90, p99 in ms steady %.2f, %.2f, %.2f, during a reload %.2f, %.2f,"
              + " %.2f, ratio of p99 %.2f; resident MB at every tenth %s, grown by %.1f %%%n",
          CYCLES,
          bundle == null ? ITEMS + " items" : bundle,
          reloads.stream()
                  .mapToLong(each -> each[1] - each[0] - FIRST.toNanos())
                  .average()
                  .orElse(0)
              / 1e6,
          RATE,
          CANDIDATES,
          samples.size(),
          load.failures().size(),
          steady[0],
          steady[1],
          steady[2],
          during[0],
          during[1],
          during[2],
          ratio,
          resident.stream().map(bytes -> bytes >> 20).toList(),
          100 * (grown - 1));

      assertThat(load.failures()).isEmpty();
      assertOnlyMapped(server, CYCLES + 1);
      assertThat(grown).isLessThan(MOST_GROWN);
      assertThat(ratio).isLessThan(MOST_SLOWER);
    }
  }

  /// A table that is mapped still would not have been freed.
  private static void assertOnlyMapped(ServerProcess server, int version) {
    assertThat(server.maps(Bundle.ITEMS))
        .isNotEmpty()
        .allMatch(line -> line.contains("/" + version + "/"));
  }

  private static boolean in(List<long[]> spans, SteadyLoad.Sample sample) {
    return spans.stream()
        .anyMatch(span -> sample.dueNanos() >= span[0] && sample.dueNanos() < span[1]);
  }

  /// The p50, p90 and p99.
  private static double[] millis(
      List<SteadyLoad.Sample> samples, Predicate<SteadyLoad.Sample> counts) {
    long[] nanos =
        samples.stream().filter(counts).mapToLong(SteadyLoad.Sample::nanos).sorted().toArray();
    return DoubleStream.of(0.5, 0.9, 0.99)
        .map(share -> nanos[(int) (nanos.length * share)] / 1e6)
        .toArray();
  }

  private ServerProcess start(SameVersions versions) throws IOException {
    Path _ = versions.bringIn(1);
    return ServerProcess.start(plan(versions));
  }

  private ServerProcess.Plan plan(SameVersions versions) {
    return ServerProcess.Plan.of(versions.repository(), folder.resolve("server"))
        .settings(SETTINGS);
  }

  private static void reload(ServerProcess server, String version)
      throws IOException, InterruptedException {
    assertThat(post(server).get("live").get(0).asText()).isEqualTo(version);
  }

  private static JsonNode post(ServerProcess server) throws IOException, InterruptedException {
    return JSON.readTree(
        HTTP.send(
                HttpRequest.newBuilder(server.admin("/reload"))
                    .POST(HttpRequest.BodyPublishers.noBody())
                    .build(),
                HttpResponse.BodyHandlers.ofString())
            .body());
  }

  private static String get(ServerProcess server, String page)
      throws IOException, InterruptedException {
    return HTTP.send(
            HttpRequest.newBuilder(server.admin(page)).build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }

  private static Score score(ManagedChannel channel, long itemId) {
    return ScoringGrpc.newBlockingStub(channel)
        .score(
            ScoreRequest.newBuilder()
                .addCandidates(Candidate.newBuilder().setItemId(itemId))
                .build())
        .getScores(0);
  }
}
