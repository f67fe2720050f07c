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
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// New versions of a model, one after the other, under a server of its own process that scores.
///
/// `reload.cycles` and `reload.rate` say how many and under how many requests a second.
@Timeout(1800)
class ReloadTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int CYCLES = Integer.getInteger("reload.cycles", 100);
  private static final int RATE = Integer.getInteger("reload.rate", 200);

  /// So many that hashing them, and computing their states, takes a while.
  private static final int ITEMS = Integer.getInteger("reload.items", 20_000);

  /// Until then memory and code settle.
  private static final int WARM_UP_CYCLES = 10;

  private static final Duration STEADY = Duration.ofSeconds(1);
  private static final double MOST_SLOWER = 1.2;
  private static final double MOST_GROWN = 1.05;

  /// Large enough for a table that is kept to show: 28 bytes an item.
  private static final Map<String, String> SETTINGS =
      Map.of("models.pollInterval", "0s", "items.stateCapacity", "300000");

  @TempDir private Path folder;
  private final List<long[]> reloads = new ArrayList<>();

  @Test
  void noRequestFailsWhileVersionsComeAndGoAndTheirTablesAreUnmapped() throws Exception {
    int cycles = 3;
    Path made = made(cycles + 1, TinyShop.ITEMS);
    try (ServerProcess server = ServerProcess.start(plan(made))) {
      SteadyLoad load = SteadyLoad.start(server.channel(), 50);
      for (int version = 2; version <= cycles + 1; version++) {
        bringIn(made, version);
        reload(server, version);
      }
      int before = load.answered();
      assertThat(Eventually.within(Duration.ofSeconds(20), () -> load.answered() > before + 10))
          .isTrue();
      List<SteadyLoad.Sample> samples = load.stop();

      assertThat(load.failures()).isEmpty();
      assertThat(samples).extracting(SteadyLoad.Sample::version).contains(1L, cycles + 1L);
      assertThat(server.maps("items.safetensors"))
          .allMatch(line -> line.contains("/" + (cycles + 1) + "/"));
    }
  }

  @Test
  void aVersionThatWasCutShortIsRefusedAndTheOneBeforeItServes() throws Exception {
    Path made = made(2, TinyShop.ITEMS);
    try (ServerProcess server = ServerProcess.start(plan(made))) {
      Path items = bringIn(made, 2).resolve(Bundle.RANKER);
      byte[] whole = Files.readAllBytes(items);
      Files.write(items, new byte[] {1, 2, 3});
      JsonNode report = post(server);

      assertThat(report.get("live").get(0).asText()).isEqualTo("tiny/1");
      assertThat(report.get("refused").get(0).get("reason").asText())
          .contains(Bundle.RANKER, "is truncated or altered");
      assertThat(score(server.channel(), TinyRepository.FIRST_ITEM).getSource())
          .isEqualTo(ScoreSource.TRAINED);
      Files.write(items, whole);
      reload(server, 2);
    }
  }

  @Test
  void aServerThatIsKilledDuringAReloadStartsWithTheNewestGoodVersion() throws Exception {
    Path made = made(3, TinyShop.ITEMS);
    ServerProcess.Plan plan = plan(made);
    Score sent;
    try (ServerProcess server = ServerProcess.start(plan)) {
      assertThat(
              ItemsGrpc.newBlockingStub(server.channel())
                  .upsertItems(TinyShop.upsert(TinyShop.item(1_000_000, 3)))
                  .getResults(0)
                  .getError())
          .isEmpty();
      sent = score(server.channel(), 1_000_000);
      bringIn(made, 2);
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
    // A copy that nobody will finish, whose manifest was first.
    Path half = bringIn(made, 3);
    byte[] golden = Files.readAllBytes(half.resolve(Bundle.GOLDEN));
    Files.delete(half.resolve(Bundle.GOLDEN));
    try (ServerProcess server = ServerProcess.start(plan)) {
      assertThat(get(server, "/models"))
          .contains("\"version\" : 2", "\"version\" : 3", Bundle.GOLDEN + ": is missing");
      assertThat(score(server.channel(), 1_000_000).getSource()).isEqualTo(sent.getSource());
      Files.write(half.resolve(Bundle.GOLDEN), golden);
      reload(server, 3);
    }
  }

  @Test
  @Tag("proof")
  void aHundredReloadsUnderLoadFailNoRequestAndCostNeitherLatencyNorMemory() throws Exception {
    Path made = made(CYCLES + 1, ITEMS);
    try (ServerProcess server =
        ServerProcess.start(
            plan(made)
                .settings(Map.of("engine.warmUpTime", "5s"))
                .flags("-Xms512m", "-Xmx512m", "-XX:+AlwaysPreTouch"))) {
      SteadyLoad load = SteadyLoad.start(server.channel(), RATE);
      Map<Integer, Long> resident = new TreeMap<>();
      long measured = System.nanoTime();
      for (int cycle = 1; cycle <= CYCLES; cycle++) {
        boolean _ = Eventually.within(STEADY, () -> false);
        bringIn(made, cycle + 1);
        long start = System.nanoTime();
        reload(server, cycle + 1);
        reloads.add(new long[] {start, System.nanoTime()});
        if (cycle == WARM_UP_CYCLES) {
          measured = System.nanoTime();
        }
        if (cycle % WARM_UP_CYCLES == 0) {
          resident.put(cycle, server.rssBytes());
        }
      }
      long from = measured;
      List<SteadyLoad.Sample> samples =
          load.stop().stream().filter(sample -> sample.dueNanos() > from).toList();
      double during = p99Millis(samples, this::duringReload);
      double steady = p99Millis(samples, sample -> !duringReload(sample));
      long last = ((TreeMap<Integer, Long>) resident).lastEntry().getValue();
      double grown = (double) last / resident.get(WARM_UP_CYCLES);
      System.out.printf(
          "reload: %d reloads of %d items and %.0f ms at %d requests/s: %d answers, %d failed; p99 %.2f ms steady,"
              + " %.2f ms during a reload, ratio %.2f; resident MB by reload %s, grown by %.1f %%%n",
          CYCLES,
          ITEMS,
          reloads.stream().mapToLong(each -> each[1] - each[0]).average().orElse(0) / 1e6,
          RATE,
          samples.size(),
          load.failures().size(),
          steady,
          during,
          during / steady,
          megabytes(resident),
          100 * (grown - 1));

      assertThat(load.failures()).isEmpty();
      assertThat(server.maps("items.safetensors"))
          .allMatch(line -> line.contains("/" + (CYCLES + 1) + "/"));
      assertThat(grown).isLessThan(MOST_GROWN);
      assertThat(during / steady).isLessThan(MOST_SLOWER);
    }
  }

  private static Map<Integer, Long> megabytes(Map<Integer, Long> bytes) {
    Map<Integer, Long> megabytes = new TreeMap<>();
    bytes.forEach((cycle, value) -> megabytes.put(cycle, value >> 20));
    return megabytes;
  }

  /// Between the call for it and its answer.
  private boolean duringReload(SteadyLoad.Sample sample) {
    return reloads.stream()
        .anyMatch(
            each ->
                sample.dueNanos() + sample.nanos() > each[0] && sample.dueNanos() < each[1]);
  }

  private static double p99Millis(
      List<SteadyLoad.Sample> samples, Predicate<SteadyLoad.Sample> counts) {
    long[] nanos =
        samples.stream().filter(counts).mapToLong(SteadyLoad.Sample::nanos).sorted().toArray();
    return nanos[(int) (nanos.length * 0.99)] / 1e6;
  }

  /// Makes versions where the server does not look, and the first of them where it does.
  private Path made(int versions, int items) throws IOException, InterruptedException {
    TinyRepository.write(folder.resolve("made"), versions, items);
    Path _ = bringIn(folder, 1);
    return folder;
  }

  private ServerProcess.Plan plan(Path made) {
    return ServerProcess.Plan.of(made.resolve("models"), folder.resolve("server"))
        .settings(SETTINGS);
  }

  /// Puts a version into the server's repository as a whole.
  private static Path bringIn(Path made, int version) throws IOException {
    Path model = Files.createDirectories(made.resolve("models/tiny"));
    return Files.move(
        made.resolve("made/tiny/" + version),
        model.resolve(Integer.toString(version)),
        StandardCopyOption.ATOMIC_MOVE);
  }

  private static void reload(ServerProcess server, int version)
      throws IOException, InterruptedException {
    assertThat(post(server).get("live").get(0).asText()).isEqualTo("tiny/" + version);
  }

  private static JsonNode post(ServerProcess server) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return JSON.readTree(
          client
              .send(
                  HttpRequest.newBuilder(server.admin("/reload"))
                      .POST(HttpRequest.BodyPublishers.noBody())
                      .build(),
                  HttpResponse.BodyHandlers.ofString())
              .body());
    }
  }

  private static String get(ServerProcess server, String page)
      throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
          .send(
              HttpRequest.newBuilder(server.admin(page)).build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    }
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
