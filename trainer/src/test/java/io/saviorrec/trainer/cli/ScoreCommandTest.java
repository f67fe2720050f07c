package io.saviorrec.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.trainer.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScoreCommandTest {
  @TempDir Path folder;
  private final FakeServer server = new FakeServer();

  @BeforeEach
  void writeData() throws IOException {
    Files.writeString(
        folder.resolve("items.csv"),
        "item_id,title,image,category\n100,Wizard book,,\n200,Round scarf,,\n300,Old robe,,\n");
    Files.writeString(
        folder.resolve("impressions.csv"),
        """
        user_id,item_id,timestamp,clicked,pctr_base,device
        7,100,1000,1,0.5,phone
        7,200,2000,0,0.25,desk
        7,300,2000,0,,desk
        8,300,3000,0,0.5,desk
        """);
    Files.writeString(
        folder.resolve("dataset.json"),
        "{\"name\": \"small\", \"validation_from\": 4000, \"test_from\": 5000}");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private CommandRun score(String... more) {
    return run(List.of("--data", folder.toString(), "--user", "7"), more);
  }

  private CommandRun run(List<String> request, String... more) {
    List<String> arguments = new ArrayList<>(List.of("score", "--target", server.target()));
    arguments.addAll(request);
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  @Test
  void ranksTheUsersLatestPageView() {
    CommandRun run = score();
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(run.outLines())
        .containsExactly(
            "rank  item  title          pCTR  pctr_base  source",
            "   1   300  Old robe     0.3000          -  TRAINED",
            "   2   200  Round scarf  0.2000     0.2500  TRAINED",
            "model saviorrec version 3 (saviorrec); 1.5 ms in the server: queue 0.1, items 0.2,"
                + " model 1.2; history items that the server does not know: 2");
    ScoreRequest sent = server.scored.getFirst();
    assertThat(sent.getUser().getUserId()).isEqualTo(7);
    assertThat(sent.getUser().getHistoryList()).containsExactly(100L);
    assertThat(sent.getContextMap())
        .containsEntry("device", FeatureValue.newBuilder().setText("desk").build());
  }

  @Test
  void candidatesReplaceThePageAndExtraOnesAdd() {
    CommandRun run = score("--candidates", "200,950", "--extra", "800", "--bucket", "b");
    assertThat(run.status()).isZero();
    assertThat(server.scored.getFirst().getCandidatesList())
        .containsExactly(
            Candidate.newBuilder().setItemId(200).setPctrBase(0.25).build(),
            Candidate.newBuilder().setItemId(950).build(),
            Candidate.newBuilder().setItemId(800).build());
    assertThat(server.scored.getFirst().getBucket()).isEqualTo("b");
    // Titles that the data set lacks are the server's, where it has one.
    assertThat(run.out()).contains("Served 800", ", bucket b;");
    assertThat(run.outLines().get(1)).containsPattern("950 +- +0.9500");
  }

  @Test
  void versionLabelAndFlagsOfTheOptionsAreSent() {
    CommandRun run =
        score("--model", "m", "--version", "3", "--flag", "a=b", "--flag", "bucket=control");
    assertThat(run.err()).isEmpty();
    assertThat(score("--label", "canary").status()).isZero();

    assertThat(server.scored.getFirst().getVersion()).isEqualTo(3);
    assertThat(server.scored.getFirst().getFlagsMap())
        .isEqualTo(Map.of("a", "b", "bucket", "control"));
    assertThat(server.scored.getLast().getLabel()).isEqualTo("canary");
    assertThat(server.scored.getLast().getVersion()).isZero();
  }

  @Test
  void printsTheFirstOnes() {
    CommandRun run = score("--top", "1", "--extra", "100");
    assertThat(run.outLines()).hasSize(4);
    assertThat(run.outLines().get(2)).isEqualTo("… and 2 more");
  }

  @Test
  void printsJson() throws IOException {
    CommandRun run = score("--json", "--model", "saviorrec");
    JsonNode json = new ObjectMapper().readTree(run.out());
    assertThat(json.path("version").asLong()).isEqualTo(3);
    assertThat(json.path("timings").path("total_us").asLong()).isEqualTo(1500);
    assertThat(json.path("ranking")).hasSize(2);
    assertThat(json.path("ranking").path(0).path("item_id").asLong()).isEqualTo(300);
    assertThat(json.path("ranking").path(0).has("pctr_base")).isFalse();
    assertThat(json.path("ranking").path(1).path("pctr_base").asDouble()).isEqualTo(0.25);
    assertThat(json.path("ranking").path(1).path("title").asText()).isEqualTo("Round scarf");
    assertThat(server.scored.getFirst().getModel()).isEqualTo("saviorrec");
  }

  @Test
  void sendsARequestFromAFile() throws IOException {
    Path file = folder.resolve("request.json");
    Files.writeString(
        file,
        """
        {"user": {"user_id": "5", "history": ["1", "2"]}, "candidates": [{"item_id": 10}, {"itemId": 20}]}""");
    CommandRun run = run(List.of("--request", file.toString()));
    assertThat(run.status()).isZero();
    assertThat(run.out()).contains("Served 10", "Served 20");
    assertThat(server.scored.getFirst().getUser().getHistoryList()).containsExactly(1L, 2L);

    Files.writeString(file, "{\"user\": {\"age\": 5}}");
    CommandRun malformed = run(List.of("--request", file.toString()));
    assertThat(malformed.status()).isEqualTo(1);
    assertThat(malformed.errLines()).hasSize(1);
    assertThat(malformed.err()).startsWith("savior: " + file + " is not a ScoreRequest: ");
  }

  @Test
  void aUserWithoutAPageViewNeedsCandidates() {
    CommandRun run = run(List.of("--data", folder.toString(), "--user", "70"));
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.errLines()).hasSize(1);
    assertThat(run.err()).startsWith("savior: user 70 has no page view in ");

    CommandRun given =
        run(List.of("--data", folder.toString(), "--user", "70"), "--candidates", "100");
    assertThat(given.status()).isZero();
    assertThat(server.scored.getFirst().getUser().getUserId()).isEqualTo(70);
    assertThat(given.out()).contains("Wizard book");
  }

  @Test
  void aRefusedRequestIsOneLine() throws IOException {
    Path file = folder.resolve("request.json");
    Files.writeString(file, "{}");
    CommandRun run = run(List.of("--request", file.toString()));
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.errLines())
        .containsExactly(
            "savior: %s answered INVALID_ARGUMENT: candidates: none".formatted(server.target()));
  }

  @Test
  void anUnreachableServerIsOneLine() {
    server.close();
    CommandRun run = score("--deadline-ms", "20000");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.errLines()).hasSize(1);
    assertThat(run.err())
        .startsWith("savior: cannot reach a server at " + server.target())
        .contains("--target");
  }

  @Test
  void refusesContradictoryOptions() {
    assertThat(CommandRun.of("score").err()).contains("give either --data and --user or --request");
    assertThat(score("--request", "x").status()).isEqualTo(2);
    assertThat(score("--model", "a", "--bucket", "b").err()).contains("either --model or --bucket");
    assertThat(score("--top", "0").status()).isEqualTo(2);
    assertThat(CommandRun.of("score", "--target", "nowhere").err())
        .contains("'nowhere' is not HOST:PORT");
  }
}
