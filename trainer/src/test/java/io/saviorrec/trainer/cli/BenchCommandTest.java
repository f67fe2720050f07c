package io.saviorrec.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.trainer.CommandRun;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchCommandTest {
  @TempDir private Path folder;

  private static String refusal(int status, String... arguments) {
    CommandRun run = CommandRun.of(arguments);
    assertThat(run.errLines()).hasSize(1);
    assertThat(run.status()).isEqualTo(status);
    assertThat(run.out()).isEmpty();
    return run.errLines().getFirst();
  }

  @Test
  void needsTheScriptThatStartsServers() {
    assertThat(refusal(1, "bench", "--work", folder.toString()))
        .isEqualTo("savior: the bench runs other commands; start it with savior bench");
  }

  @Test
  void saysBeforeItMeasuresThatItsTablesCannotBeWritten() {
    Path file = folder.resolve("nowhere/tables.md");
    assertThat(refusal(1, "bench", "--markdown", file.toString()))
        .isEqualTo("savior: " + file + ": cannot be written: it does not exist");
  }

  @Test
  void refusesAProfilerWithoutAFolder() {
    assertThat(refusal(2, "bench", "--async-profiler", "asprof"))
        .startsWith("savior: --async-profiler needs --profile");
  }
}
