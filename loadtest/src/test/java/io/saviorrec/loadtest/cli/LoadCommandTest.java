package io.saviorrec.loadtest.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.loadtest.cli.FakeScorer.Manner;
import io.saviorrec.loadtest.requests.RequestsWriter;
import io.saviorrec.proto.oip.ModelInferRequest;
import io.saviorrec.proto.v1.CapturedRequest;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ScoreRequest;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(120)
class LoadCommandTest {
  @TempDir Path folder;
  private final FakeScorer server = new FakeScorer();
  private Path requests;

  /// One run of the command with all that it printed.
  private record Run(int status, String out, String err) {
    JsonNode json() throws IOException {
      return new ObjectMapper().readTree(out);
    }
  }

  @BeforeEach
  void writeRequests() throws IOException {
    requests = folder.resolve("requests.binpb");
    try (RequestsWriter file = new RequestsWriter(requests)) {
      for (int i = 0; i < 10; i++) {
        ScoreRequest.Builder request =
            ScoreRequest.newBuilder().setRequestId("r" + i).addCandidateIds(1).addCandidateIds(2);
        request.getUserBuilder().setUserId(i).addHistory(5);
        file.add(
            CapturedRequest.newBuilder()
                // In pairs, one pair a second.
                .setArrivedUs(1_000_000L * (i / 2) + 1000L * (i % 2))
                .setStatus("OK")
                .setRequest(request)
                .build());
      }
      file.add(Item.newBuilder().setItemId(3).setTitle("Old robe").build());
      file.finish();
    }
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static Run run(List<String> arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine command = LoadMain.commandLine(Map.of());
    command.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    int status = command.execute(arguments.toArray(String[]::new));
    return new Run(status, out.toString(), err.toString());
  }

  private Run load(String... more) {
    List<String> arguments = new ArrayList<>(List.of("load"));
    Map<String, String> usual =
        Map.of(
            "--requests",
            requests.toString(),
            "--target",
            server.target(),
            "--duration",
            "1s",
            "--warm-up",
            "200ms");
    usual.forEach(
        (option, value) -> {
          if (!List.of(more).contains(option)) {
            arguments.addAll(List.of(option, value));
          }
        });
    arguments.addAll(List.of(more));
    return run(arguments);
  }

  @Test
  void sendsSoManyASecondInTheOrderOfTheFileAndLeavesTheWarmUpOut() throws IOException {
    Run run = load("--rate", "200", "--json");

    assertThat(run.err()).isEmpty();
    JsonNode target = run.json().path("targets").path(0);
    // The warm-up's 40 and the measured 200, give or take how a random process falls on the second.
    assertThat(target.path("sent").asInt()).isBetween(160, 240);
    assertThat(target.path("failed").asInt()).isZero();
    assertThat(target.path("latency_ms").path("p99").asDouble()).isPositive();
    // The first asks whether the server answers at all.
    assertThat(server.scored).hasSize(241);
    assertThat(server.scored.stream().map(ScoreRequest::getRequestId).distinct()).hasSize(10);
    assertThat(run.status()).isZero();
  }

  @Test
  void theStatusSaysWhetherTheObjectiveWasMet() {
    server.workNanos = 2_000_000;
    Run met = load("--rate", "100", "--p99", "10s", "--p50", "5s");
    assertThat(met.out()).endsWith("objective met\n");
    assertThat(met.status()).isZero();
    Run missed = load("--rate", "100", "--p99", "1ms");
    assertThat(missed.out()).contains("missed   p99 ≤ 1 ms").endsWith("objective missed\n");
    assertThat(missed.status()).isEqualTo(LoadCommand.MISSED);
  }

  @Test
  void aStallCountsForEveryRequestThatWasToBeSentMeanwhile() throws IOException {
    server.stallAt = 80;
    server.stallNanos = 500_000_000;
    JsonNode json = load("--rate", "200", "--json").json();
    // A generator that waited for answers would have seen one slow call of 200.
    assertThat(json.at("/targets/0/latency_ms/p90").asDouble()).isGreaterThan(100);
    assertThat(json.at("/targets/0/latency_ms/max").asDouble()).isGreaterThan(450);
  }

  @Test
  void refusalsMissTheObjectiveInTheServersWords() {
    server.manner = Manner.REFUSING;
    Run run = load("--rate", "100");
    assertThat(run.status()).isEqualTo(LoadCommand.MISSED);
    assertThat(run.out())
        .contains("RESOURCE_EXHAUSTED 1")
        .contains("answered RESOURCE_EXHAUSTED: the queue is full")
        .contains("missed   errors ≤ 1 %");
  }

  @Test
  void answersThatLackWorkMissTheObjective() {
    server.manner = Manner.DEGRADED;
    Run run = load("--rate", "100");
    assertThat(run.status()).isEqualTo(LoadCommand.MISSED);
    assertThat(run.out()).contains("missed   degraded ≤ 1 %");
    assertThat(load("--rate", "100", "--max-degraded", "100%", "--exact").status()).isZero();
    assertThat(server.scored.getLast().getExact()).isTrue();
  }

  @Test
  void aServerThatIsNoneIsToldAtOnceInOneLine() {
    server.manner = Manner.WRONG;
    Run wrong = load("--rate", "100");
    assertThat(wrong.status()).isEqualTo(1);
    assertThat(wrong.err())
        .isEqualTo(
            "savior: %s answers, but not with a score for each candidate; is it another service?\n"
                .formatted(server.target()));
    try (FakeScorer other = new FakeScorer(false)) {
      assertThat(load("--rate", "100", "--target", other.target()).err())
          .isEqualTo(
              "savior: %s does not serve saviorrec.v1.Scoring/Score; name a server's gRPC port, and its protocol by --protocol\n"
                  .formatted(other.target()));
    }
    assertThat(load("--rate", "100", "--target", "localhost:1").err())
        .startsWith("savior: cannot reach a server at localhost:1 (")
        .endsWith("; start one with savior serve or name another by --target\n");
  }

  @Test
  void recordedArrivalsKeepTheirRhythm() throws IOException {
    JsonNode json =
        load("--arrivals", "recorded", "--warm-up", "0s", "--duration", "2s", "--json").json();
    // Two at once, each second.
    assertThat(json.at("/targets/0/sent").asInt()).isBetween(4, 6);
    assertThat(json.at("/targets/0/intervals/1/sent").asInt()).isGreaterThanOrEqualTo(2);
  }

  @Test
  void newItemsAreMixedInAndErasedAgain() throws IOException {
    JsonNode json = load("--rate", "100", "--upserts", "50", "--json").json();
    assertThat(json.at("/targets/0/upserts/sent").asInt()).isBetween(35, 65);
    assertThat(json.at("/targets/0/upserts/failed").asInt()).isZero();
    assertThat(server.upserted).hasSize(60);
    assertThat(server.upserted.stream().map(Item::getItemId).distinct()).hasSize(60);
    assertThat(server.upserted.stream().map(Item::getTitle).distinct()).hasSize(60);
    assertThat(server.deleted)
        .containsExactlyInAnyOrderElementsOf(
            server.upserted.stream().map(Item::getItemId).toList());
  }

  @Test
  void itemsThatCannotBeErasedCostNoResult() throws IOException {
    server.keepsItems = true;
    Run run = load("--rate", "50", "--upserts", "10", "--json");
    assertThat(run.json().at("/targets/0/answered").asInt()).isPositive();
    assertThat(run.err())
        .isEqualTo(
            "savior: items 72057594037927936 to 72057594037927947 on %s were not erased: %s answered PERMISSION_DENIED\n"
                .formatted(server.target(), server.target()));
    assertThat(run.status()).isZero();
  }

  @Test
  void findsWhatAServerCanTake() throws IOException {
    // Of 1000 a second no more than 1000 are answered, and with fewer the queue is short.
    server.workNanos = 1_000_000;
    Path page = folder.resolve("page.html");
    Run run =
        load(
            "--find-capacity",
            "--p99",
            "60ms",
            "--step",
            "300ms",
            "--json",
            "--page",
            page.toString());
    assertThat(run.err()).isEmpty();
    assertThat(run.json().path("capacity_per_second").asDouble()).isBetween(100.0, 1050.0);
    assertThat(run.json().path("tried")).hasSizeGreaterThan(3);
    assertThat(run.status()).isZero();
    assertThat(Files.readString(page)).contains("capacity: ", "Rates that were tried");
  }

  @Test
  void aServerThatNeverMeetsItHasNoCapacity() {
    server.manner = Manner.DEGRADED;
    Run run = load("--find-capacity", "--p99", "1s", "--step", "300ms");
    assertThat(run.out()).endsWith("no capacity found: the objective was missed at every rate\n");
    assertThat(run.status()).isEqualTo(LoadCommand.MISSED);
  }

  @Test
  void twoServersGetTheSameLoadInTurns() throws IOException {
    server.workNanos = 1_000_000;
    try (FakeScorer slow = new FakeScorer()) {
      slow.workNanos = 20_000_000;
      Run run =
          load(
              "--rate",
              "30",
              "--vs",
              slow.target(),
              "--turn",
              "500ms",
              "--duration",
              "2s",
              "--json");
      assertThat(run.err()).isEmpty();
      JsonNode json = run.json();
      assertThat(json.path("targets")).hasSize(2);
      JsonNode ratio = json.path("ratios").path(0);
      assertThat(ratio.path("name").asText()).isEqualTo("p50");
      assertThat(ratio.path("second_by_first").asDouble()).isGreaterThan(1.5);
      assertThat(ratio.path("low").asDouble()).isGreaterThan(1);
      // Those on different connections overtake each other.
      assertThat(slow.scored).containsExactlyInAnyOrderElementsOf(server.scored);
    }
  }

  @Test
  void drivesAServerOfTheOpenInferenceProtocol() throws IOException {
    Run run = load("--rate", "50", "--protocol", "oip", "--input", "items=candidate_ids", "--json");
    assertThat(run.err()).isEmpty();
    assertThat(run.json().at("/targets/0/failed").asInt()).isZero();
    ModelInferRequest last = server.inferred.getLast();
    assertThat(last.getModelName()).isEqualTo("peer");
    assertThat(last.getInputs(0).getShapeList()).containsExactly(1L, 2L);
    assertThat(last.getInputs(1).getName()).isEqualTo("history");
    assertThat(load("--rate", "50", "--protocol", "oip").err())
        .startsWith("savior: the model peer takes an input items, which requests do not have");
  }

  @Test
  void wrongUsageIsOneLineAndStatusTwo() {
    Map<List<String>, String> wrong =
        Map.of(
            List.of(), "give --rate or --find-capacity",
            List.of("--rate", "0"), "--rate must be in (0, 1000000], was 0.0",
            List.of("--find-capacity"),
                "--find-capacity needs an objective, for instance --p99 20ms",
            List.of("--find-capacity", "--p99", "20ms", "--rate", "5"),
                "--find-capacity goes without --rate, --vs and --arrivals recorded",
            List.of("--rate", "5", "--p99", "20"),
                "Invalid value for option '--p99': '20' is no length of time such as 20ms, 10s or"
                    + " 5m",
            List.of("--rate", "5", "--max-errors", "200%"),
                "Invalid value for option '--max-errors': '200%' is no share such as 1% or 0.01",
            List.of("--rate", "5", "--duration", "10ms"), "--duration must be at least 100ms",
            List.of("--rate", "5", "--vs", "nowhere"),
                "Invalid value for option '--vs': target: 'nowhere' is not HOST:PORT",
            List.of("--rate", "5", "--input", "a=history"),
                "--input is for --protocol oip or --vs-protocol oip",
            List.of("--rats", "5"), "unknown option '--rats'; did you mean '--rate'?");
    wrong.forEach(
        (arguments, line) -> {
          Run run = load(arguments.toArray(String[]::new));
          assertThat(run.err()).isEqualTo("savior: " + line + "; see savior load --help\n");
          assertThat(run.status()).isEqualTo(2);
        });
  }

  @Test
  void filesThatCannotBeUsedAreOneLineAndStatusOne() throws IOException {
    Path missing = folder.resolve("missing");
    Run run = load("--rate", "5", "--requests", missing.toString());
    assertThat(run.err()).isEqualTo("savior: " + missing + ": no such file\n");
    assertThat(run.status()).isEqualTo(1);
    Path page = folder.resolve("no/page.html");
    assertThat(load("--rate", "5", "--page", page.toString()).err())
        .isEqualTo("savior: " + page + ": cannot be written\n");
    Path bare = folder.resolve("bare.binpb");
    try (RequestsWriter file = new RequestsWriter(bare)) {
      file.add(
          CapturedRequest.newBuilder()
              .setStatus("OK")
              .setRequest(ScoreRequest.newBuilder().addCandidateIds(1))
              .build());
      file.finish();
    }
    assertThat(load("--rate", "5", "--requests", bare.toString(), "--upserts", "1").err())
        .isEqualTo(
            "savior: "
                + bare
                + " holds no items to send; make it by savior requests with --items\n");
    assertThat(load("--rate", "5", "--requests", bare.toString(), "--arrivals", "recorded").err())
        .isEqualTo(
            "savior: " + bare + " does not say when its requests came; use --arrivals poisson\n");
    assertThat(server.scored).isEmpty();
  }
}
