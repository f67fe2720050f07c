package io.saviorrec.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// `kill -9` while the encoder trains, while a ranker trains and between cells: the experiment that
/// is started again ends with the table of one that nobody killed.
@Timeout(600)
class ExperimentTableIT {
  @TempDir private Path folder;

  private SaviorProcess experiment(String out) {
    return SaviorProcess.start(
        Map.of("OPENBLAS_NUM_THREADS", "1"),
        "experiment",
        "table3",
        Shop.data().toString(),
        folder.resolve(out).toString(),
        "--preset",
        "tiny",
        "--rows",
        "base,saviorrec",
        "--seeds",
        "1,2",
        "--set",
        "ranker.dropout=0.1",
        "--set",
        "checkpoints.everySteps=7");
  }

  private void finish(String out) {
    SaviorProcess.Ended ended = experiment(out).awaitEnd();
    assertThat(ended.status()).as(() -> String.join("\n", ended.err())).isZero();
  }

  private void killWhen(BooleanSupplier reached) {
    try (SaviorProcess run = experiment("killed")) {
      while (!reached.getAsBoolean()) {
        assertThat(run.isAlive()).as("it ended too early").isTrue();
        Thread.onSpinWait();
      }
      run.kill();
    }
    assertThat(folder.resolve("killed/table.json")).doesNotExist();
  }

  private boolean has(String checkpoint) {
    Path stages = folder.resolve("killed/models/.stages");
    if (!Files.exists(stages)) {
      return false;
    }
    try (Stream<Path> tree = Files.find(stages, 3, (path, _) -> path.endsWith(checkpoint))) {
      return tree.findAny().isPresent();
    } catch (IOException | UncheckedIOException _) {
      // The run renames files meanwhile.
      return false;
    }
  }

  /// Without what is of the run and not of the table.
  private JsonNode table(String out) throws IOException {
    JsonNode table =
        new ObjectMapper().readTree(folder.resolve(out).resolve("table.json").toFile());
    for (JsonNode row : table.path("rows")) {
      ((ObjectNode) row).remove("seconds");
      ((ObjectNode) row).remove("bundle");
    }
    return table;
  }

  @Test
  void anExperimentThatIsKilledAgainAndAgainEndsWithTheSameTable() throws IOException {
    finish("whole");
    killWhen(() -> has("encoder-stage-0.safetensors"));
    killWhen(() -> has("ranker-base-.safetensors"));
    killWhen(() -> Files.exists(folder.resolve("killed/cells/base.1/cell.json")));
    killWhen(() -> has("ranker-saviorrec-.safetensors"));
    finish("killed");
    assertThat(table("killed")).isEqualTo(table("whole"));
  }
}
