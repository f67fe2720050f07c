package io.saviorrec.server.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.protobuf.util.JsonFormat;
import io.saviorrec.proto.v1.GetItemsRequest;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemInfo;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.ScoringGrpc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A click model of PyTorch's own, exported by `examples/pytorch`: checked, served, and scored as
/// PyTorch scores it.
@Timeout(180)
class PyTorchExampleTest {
  private static final Path EXAMPLE = Path.of("..", "examples", "pytorch");
  private static final Path PROTOS = Path.of("..", "proto", "src", "main", "proto");
  private static final float TOLERANCE = 1e-5f;
  private static final JsonMapper JSON = new JsonMapper();

  @TempDir private static @Nullable Path folder;

  private static Path folder() {
    return Objects.requireNonNull(folder);
  }

  private static Path repository() {
    return folder().resolve("repository");
  }

  @BeforeAll
  static void export() throws IOException {
    String python = OutsideTool.require("python-with-torch").toString();
    Path generated = Files.createDirectories(folder().resolve("generated"));
    ServerProcess.run(
        List.of(
            python,
            "-m",
            "grpc_tools.protoc",
            "-I",
            PROTOS.toString(),
            "--python_out=" + generated,
            "saviorrec/v1/golden.proto",
            "saviorrec/v1/items.proto",
            "saviorrec/v1/scoring.proto"));
    ServerProcess.run(
        List.of(
            "env",
            "PYTHONPATH=" + generated,
            python,
            "-B",
            EXAMPLE.resolve("export.py").toString(),
            repository().toString()));
  }

  @Test
  void theCheckFindsNothing() {
    String version = repository().resolve("mlp/1").toString();
    assertThat(ServerProcess.run(ServerProcess.program("bundle", "check", version)))
        .isEqualTo(version + " is good: a server loads it\n");
  }

  @Test
  void theCheckTellsWhatIsWrongAndFails() throws IOException {
    Path copy = Files.createDirectories(folder().resolve("copy/mlp/1"));
    Path whole = repository().resolve("mlp/1");
    for (String file : List.of("manifest.json", "encoder.pt", "rq.pt", "mba.pt", "golden.binpb")) {
      Files.copy(whole.resolve(file), copy.resolve(file));
    }
    Files.copy(whole.resolve("rq.pt"), copy.resolve("ranker.pt"));
    assertThatThrownBy(
            () -> ServerProcess.run(ServerProcess.program("bundle", "check", copy.toString())))
        .hasMessageContaining("items.safetensors: is missing")
        .hasMessageContaining("tokenizer.json: is missing")
        .hasMessageContaining("ranker.pt: is truncated or altered")
        .hasMessageContaining("3 findings: a server refuses it\n");
  }

  @Test
  void theServerScoresAsPyTorchDoes() throws IOException {
    ServerProcess.Plan plan = ServerProcess.Plan.of(repository(), folder().resolve("server"));
    try (ServerProcess server = ServerProcess.start(plan)) {
      ScoringGrpc.ScoringBlockingStub scoring = ScoringGrpc.newBlockingStub(server.channel());
      Set<Float> distinct = new HashSet<>();
      List<ScoreRequest> requests = new ArrayList<>();
      for (String line : Files.readAllLines(repository().resolve("expected.json"))) {
        JsonNode expected = JSON.readTree(line);
        ScoreRequest.Builder request = ScoreRequest.newBuilder();
        JsonFormat.parser().merge(expected.get("request").toString(), request);
        ScoreResponse response = scoring.score(request.build());
        assertThat(response.getScoresCount()).isEqualTo(expected.get("pctr").size());
        for (int i = 0; i < response.getScoresCount(); i++) {
          Score score = response.getScores(i);
          assertThat(score.getSource()).isEqualTo(ScoreSource.TRAINED);
          assertThat(score.getPctr())
              .isCloseTo((float) expected.get("pctr").get(i).asDouble(), within(TOLERANCE));
          distinct.add(score.getPctr());
        }
        requests.add(request.build());
      }
      assertThat(requests).hasSize(50);
      assertThat(distinct).hasSizeGreaterThan(100);
      scoresANewItem(server, requests.getFirst());
    }
  }

  private static void scoresANewItem(ServerProcess server, ScoreRequest request) {
    ItemsGrpc.ItemsBlockingStub items = ItemsGrpc.newBlockingStub(server.channel());
    Item item = TinyShop.item(9_000_001, 1);
    assertThat(items.upsertItems(TinyShop.upsert(item)).getResults(0).getError()).isEmpty();
    ItemInfo info =
        items.getItems(GetItemsRequest.newBuilder().addItemIds(9_000_001).build()).getItems(0);
    assertThat(info.getSource()).isEqualTo(ScoreSource.ENCODED);
    assertThat(info.getCodesList()).hasSize(2);
    ScoreRequest.Builder with = request.toBuilder();
    with.addCandidatesBuilder().setItemId(9_000_001);
    Score score =
        ScoringGrpc.newBlockingStub(server.channel()).score(with.build()).getScoresList().getLast();
    assertThat(score.getSource()).isEqualTo(ScoreSource.ENCODED);
    assertThat(score.getPctr()).isStrictlyBetween(0f, 1f);
  }
}
