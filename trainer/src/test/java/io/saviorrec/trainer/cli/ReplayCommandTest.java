package io.saviorrec.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.loadtest.requests.RequestsWriter;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.CapturedRequest;
import io.saviorrec.proto.v1.CapturedStage;
import io.saviorrec.proto.v1.Degradation;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.trainer.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplayCommandTest {
  @TempDir Path folder;
  private final FakeServer server = new FakeServer();

  @AfterEach
  void stop() {
    server.close();
  }

  private CommandRun replay(Path captures, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("replay", captures.toString(), "--target", server.target()));
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  private Path capture(String name, CapturedRequest.Builder captured) throws IOException {
    return Files.write(folder.resolve(name), captured.build().toByteArray());
  }

  /// A request for one item that the fake server gives 0.3.
  private static CapturedRequest.Builder slow(float score) {
    return CapturedRequest.newBuilder()
        .setRequest(
            ScoreRequest.newBuilder()
                .setBucket("treatment")
                .addCandidates(Candidate.newBuilder().setItemId(300)))
        .setResponse(
            ScoreResponse.newBuilder().addScores(Score.newBuilder().setItemId(300).setPctr(score)))
        .setStatus("OK")
        .setModel("saviorrec")
        .setVersion(3)
        .setTotalUs(250_000)
        .addStages(CapturedStage.newBuilder().setStage("queue").setUs(240_000))
        .addStages(CapturedStage.newBuilder().setStage("compute").setUs(9_900));
  }

  @Test
  void comparesPackedScoresToo() throws IOException {
    CapturedRequest.Builder packed = slow(0);
    packed.getRequestBuilder().clearCandidates().addCandidateIds(300).addCandidateIds(301);
    packed.getResponseBuilder().clearScores().addPctr(0.3f).addPctr(0.301f);
    capture("1-250ms-OK.binpb", packed);

    CommandRun run = replay(folder, "--json");

    assertThat(run.err()).isEmpty();
    assertThat(run.out()).contains("\"candidates\":2").contains("\"scores_agree\":true");

    capture("1-250ms-OK.binpb", packed.setResponse(ScoreResponse.newBuilder().addPctr(0.3f)));
    assertThat(replay(folder, "--json").out()).contains("\"scores_agree\":false");
  }

  @Test
  void comparesTimesAndScoresOfEveryCapture() throws IOException {
    capture("1-250ms-OK.binpb", slow(0.3f));
    capture("2-250ms-OK.binpb", slow(0.31f).setVersion(2));
    capture(
        "3-2ms-INTERNAL.binpb",
        slow(0).clearResponse().setStatus("INTERNAL").setTotalUs(2_000).clearStages());
    Files.writeString(folder.resolve("readme.txt"), "not a capture");

    CommandRun run = replay(folder, "--times", "2");

    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(run.outLines())
        .containsExactly(
            "capture               model            candidates  status         total ms     queue ms     items ms  compute ms  scores",
            "1-250ms-OK.binpb      saviorrec/3      1           OK             250.0 → 1.5  240.0 → 0.1  - → 0.2   9.9 → 1.2   agree",
            "2-250ms-OK.binpb      saviorrec/2 → 3  1           OK             250.0 → 1.5  240.0 → 0.1  - → 0.2   9.9 → 1.2   differ by 0.010000",
            "3-2ms-INTERNAL.binpb  saviorrec/3      1           INTERNAL → OK  2.0 → 1.5    - → 0.1      - → 0.2   - → 1.2     -",
            "3 of 3 answered; the scores of 1 of 2 agree");
    assertThat(server.scored).hasSize(6);
    // The bucket may lead elsewhere by now.
    assertThat(server.scored.getFirst().getModel()).isEqualTo("saviorrec");
  }

  @Test
  void scoresThatOverloadHadDegradedAreNotCompared() throws IOException {
    CapturedRequest.Builder captured = slow(0.9f);
    captured.getResponseBuilder().addDegraded(Degradation.BASE_SCORE);
    capture("1.binpb", captured);

    assertThat(replay(folder).outLines())
        .anySatisfy(line -> assertThat(line).endsWith("degraded then: BASE_SCORE"))
        .last()
        .isEqualTo("1 of 1 answered; the scores of 0 of 0 agree");
  }

  @Test
  void printsJson() throws IOException {
    capture("1.binpb", slow(0.31f));

    JsonNode row = new ObjectMapper().readTree(replay(folder, "--json").out()).at("/replays/0");
    assertThat(row.at("/then/queue_us").asLong()).isEqualTo(240_000);
    assertThat(row.at("/now/total_us").asLong()).isEqualTo(1_500);
    assertThat(row.at("/now/status").asText()).isEqualTo("OK");
    assertThat(row.get("scores_agree").asBoolean(true)).isFalse();
  }

  @Test
  void showsTheStatusOfARequestThatFailsNow() throws IOException {
    Path file =
        capture("x.binpb", slow(0.3f).setRequest(ScoreRequest.newBuilder().setModel("other")));

    CommandRun run = replay(file);

    assertThat(run.status()).isZero();
    assertThat(run.outLines().get(1)).contains("OK → INVALID_ARGUMENT", "250.0 → -");
    assertThat(run.outLines().getLast()).isEqualTo("0 of 1 answered; the scores of 0 of 0 agree");
    assertThat(server.scored.getFirst().getModel()).isEqualTo("other");
  }

  @Test
  void replaysEveryRequestOfOneFile() throws IOException {
    Path file = folder.resolve("many.binpb");
    try (RequestsWriter out = new RequestsWriter(file)) {
      out.add(slow(0.3f).setArrivedUs(2).build());
      out.add(slow(0.3f).setArrivedUs(1).setModel("earlier").build());
      out.finish();
    }

    CommandRun run = replay(file);

    assertThat(run.err()).isEmpty();
    assertThat(run.outLines().get(1)).startsWith("many.binpb#1").contains("earlier/3");
    assertThat(run.outLines().get(2)).startsWith("many.binpb#2").contains("saviorrec/3");
    assertThat(run.outLines().getLast()).isEqualTo("2 of 2 answered; the scores of 2 of 2 agree");
  }

  @Test
  void saysInOneLineWhatIsNoCapture() throws IOException {
    Path text = Files.writeString(folder.resolve("text.binpb"), "not a capture");
    Path empty = Files.write(folder.resolve("empty.binpb"), new byte[0]);
    Path none = Files.createDirectory(folder.resolve("none"));

    assertThat(replay(text).err())
        .isEqualTo("savior: " + text + " is no file of requests, or is cut short\n");
    assertThat(replay(empty).err())
        .isEqualTo(
            "savior: " + empty + " is no file of requests: it holds none, or an empty one\n");
    assertThat(replay(none).err())
        .isEqualTo(
            "savior: "
                + none
                + " holds no requests; a server writes them to its capture.directory, and savior"
                + " requests makes them of a data set\n");
    assertThat(replay(folder.resolve("missing")).err())
        .isEqualTo("savior: " + folder.resolve("missing") + ": no such file\n");
    assertThat(replay(text, "--times", "0").status()).isEqualTo(2);
  }
}
