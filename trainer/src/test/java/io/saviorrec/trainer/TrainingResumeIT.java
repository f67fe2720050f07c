package io.saviorrec.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.bundle.Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// `kill -9` in every stage: what is started again ends with the bytes of a run that nobody killed.
@Timeout(600)
class TrainingResumeIT {
  private static final Set<String> BYTES =
      Set.of(Bundle.ENCODER, Bundle.TOKENIZER, Bundle.RQ, Bundle.RANKER, Bundle.ITEMS);

  @TempDir private Path folder;

  private SaviorProcess train(String repository, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                Shop.data().toString(),
                folder.resolve(repository).toString(),
                "--preset",
                "tiny",
                "--set",
                "encoder.profile.enabled=true",
                "--set",
                "ranker.dropout=0.1",
                "--set",
                "checkpoints.everySteps=7"));
    arguments.addAll(Arrays.asList(more));
    return SaviorProcess.start(
        Map.of("OPENBLAS_NUM_THREADS", "1"), arguments.toArray(String[]::new));
  }

  private static List<String> finish(SaviorProcess run) {
    SaviorProcess.Ended ended = run.awaitEnd();
    assertThat(ended.status()).as(() -> String.join("\n", ended.err())).isZero();
    return ended.err();
  }

  private Path stages() {
    return folder.resolve("killed").resolve(".stages");
  }

  /// Kills a run as soon as it has a checkpoint of this name.
  private void killAt(String checkpoint) throws IOException {
    try (SaviorProcess run = train("killed")) {
      while (!has(checkpoint)) {
        assertThat(run.isAlive()).as("it ended before it wrote " + checkpoint).isTrue();
        Thread.onSpinWait();
      }
      run.kill();
    }
    assertThat(folder.resolve("killed/saviorrec")).doesNotExist();
  }

  private boolean has(String checkpoint) throws IOException {
    if (!Files.exists(stages())) {
      return false;
    }
    try (Stream<Path> tree = Files.find(stages(), 3, (path, _) -> path.endsWith(checkpoint))) {
      return tree.findAny().isPresent();
    } catch (java.io.UncheckedIOException _) {
      // The run renames files meanwhile.
      return false;
    }
  }

  @Test
  void aRunThatIsKilledInEveryStageEndsWithTheSameBytes() throws IOException {
    finish(train("whole"));
    killAt("encoder-stage-0.safetensors");
    killAt("encoder-stage-1.safetensors");
    killAt("RQ-VAE.safetensors");
    killAt("ranker-saviorrec-.safetensors");
    List<String> said = finish(train("killed", "--resume"));
    assertThat(said)
        .anyMatch(line -> line.matches("ranker \\(saviorrec\\): goes on after step \\d+, .*"));
    Bundle whole = Bundle.open(folder.resolve("whole/saviorrec/1"));
    Bundle resumed = Bundle.open(folder.resolve("killed/saviorrec/1"));
    for (String file : BYTES) {
      assertThat(resumed.path(file)).as(file).hasSameBinaryContentAs(whole.path(file));
    }
    try (Stream<Path> left = Files.find(stages(), 3, (path, _) -> path.endsWith("checkpoints"))) {
      assertThat(left).isEmpty();
    }
    // Its stages are there, and it is not the run of another ranker's.
    SaviorProcess.Ended other = train("killed", "--resume", "--set", "ranker.heads=1").awaitEnd();
    assertThat(other.status()).isEqualTo(1);
    assertThat(other.messages()).singleElement().asString().startsWith("savior: --resume: ");
  }

  @Test
  void resumeDoesNotBeginARunOfWhichNothingIsThere() {
    SaviorProcess.Ended ended = train("new", "--resume").awaitEnd();
    assertThat(ended.status()).isEqualTo(1);
    assertThat(ended.messages())
        .containsExactly(
            "savior: --resume: %s has no unfinished run with this data, settings, seed, threads and code; leave --resume out to begin one"
                .formatted(folder.resolve("new")));
  }
}
