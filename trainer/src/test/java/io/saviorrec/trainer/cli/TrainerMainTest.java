package io.saviorrec.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.trainer.CommandRun;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerMainTest {
  @TempDir Path folder;

  @Test
  void helpListsEveryCommand() {
    CommandRun run = CommandRun.of("--help");
    assertThat(run.status()).isZero();
    assertThat(run.out()).contains("synth", "import", "serve", "score", "items", "demo");
  }

  @Test
  void everyCommandHasHelp() {
    for (String command : new String[] {"synth", "import", "score", "items", "demo"}) {
      CommandRun run = CommandRun.of(command, "--help");
      assertThat(run.status()).isZero();
      assertThat(run.out()).startsWith("Usage: savior " + command);
    }
  }

  @Test
  void wrongUsageIsOneLineAndStatusTwo() {
    assertUsage(CommandRun.of(), "savior: name a command; see savior --help");
    assertUsage(
        CommandRun.of("fly"), "savior: Unmatched argument at index 0: 'fly'; see savior --help");
    assertUsage(
        CommandRun.of("score", "--top", "many"),
        "savior: Invalid value for option '--top': 'many' is not an int; see savior score --help");
    assertUsage(
        CommandRun.of("items"), "savior: say what to do: put or get; see savior items --help");
  }

  private static void assertUsage(CommandRun run, String line) {
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.errLines()).containsExactly(line);
    assertThat(run.out()).isEmpty();
  }

  @Test
  void anErrorOfTheUserIsOneLineAndStatusOne() {
    Path missing = folder.resolve("missing");
    CommandRun run = CommandRun.of("score", "--data", missing.toString(), "--user", "1");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.errLines()).containsExactly("savior: " + missing + ": no such folder");
  }

  @Test
  void debuggingShowsTheTrace() {
    CommandRun run =
        CommandRun.of(
            Map.of("SAVIOR_DEBUG", "1"),
            "score",
            "--data",
            folder.resolve("missing").toString(),
            "--user",
            "1");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).contains("at io.saviorrec.trainer.data.DataSet");
  }

  @Test
  void theServerIsAnotherProgram() {
    CommandRun run = CommandRun.of("serve", "--repository", "x");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.errLines()).hasSize(1);
    assertThat(run.err()).contains("./savior serve");
  }
}
