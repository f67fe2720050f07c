package io.saviorrec.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.trainer.CommandRun;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is refused before any data is read.
class TrainCommandTest {
  @TempDir private Path folder;

  private CommandRun train(String... options) {
    String[] words = new String[3 + options.length];
    words[0] = "train";
    words[1] = folder.resolve("data").toString();
    words[2] = folder.resolve("models").toString();
    System.arraycopy(options, 0, words, 3, options.length);
    return CommandRun.of(words);
  }

  /// The libtorch of the build has none.
  @Test
  void aDeviceThatLibtorchLacksIsRefusedInOneLine() {
    CommandRun run = train("--device", "cuda");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.errLines())
        .singleElement()
        .asString()
        .startsWith("savior: --device cuda: the libtorch of this build has no CUDA; ");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void freshAndResumeExcludeEachOther() {
    CommandRun run = train("--fresh", "--resume");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.errLines())
        .containsExactly(
            "savior: --fresh begins anew and --resume does not begin; give one of them");
  }
}
