package io.saviorrec.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.trainer.CommandRun;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;

class TrainerMainTest {
  @TempDir Path folder;

  @Test
  void helpListsEveryCommand() {
    CommandRun run = CommandRun.of("--help");
    assertThat(run.status()).isZero();
    assertThat(run.out())
        .contains("synth", "import", "serve", "score", "requests", "load", "items", "demo");
  }

  @Test
  void everyCommandHasHelp() {
    for (String command : new String[] {"synth", "import", "score", "requests", "items", "demo"}) {
      CommandRun run = CommandRun.of(command, "--help");
      assertThat(run.status()).isZero();
      assertThat(run.out()).startsWith("Usage: savior " + command);
    }
  }

  @Test
  void wrongUsageIsOneLineAndStatusTwo() {
    assertUsage(CommandRun.of(), "savior: name a command; see savior --help");
    assertUsage(CommandRun.of("fly"), "savior: unknown command 'fly'; see savior --help");
    assertUsage(
        CommandRun.of("score", "--top", "many"),
        "savior: Invalid value for option '--top': 'many' is not an int; see savior score --help");
    assertUsage(
        CommandRun.of("items"),
        "savior: say what to do: put, get, ls, stats or rm; see savior items --help");
  }

  @Test
  void aMistypedCommandIsToldWhatWasMeant() {
    assertUsage(
        CommandRun.of("trian"),
        "savior: unknown command 'trian'; did you mean 'train'?; see savior --help");
    assertUsage(
        CommandRun.of("items", "gett", "1"),
        "savior: unknown command 'gett'; did you mean 'get'?; see savior items --help");
    assertUsage(
        CommandRun.of("synth", "a", "b"), "savior: unknown argument 'b'; see savior synth --help");
    assertUsage(
        CommandRun.of("synth", "--sed=3", "a"),
        "savior: unknown option '--sed=3'; did you mean '--seed'?; see savior synth --help");
  }

  @Test
  void printsItsVersionForEveryCommand() {
    for (String[] command :
        new String[][] {{"--version"}, {"train", "-V"}, {"items", "put", "-V"}}) {
      CommandRun run = CommandRun.of(command);
      assertThat(run.status()).isZero();
      assertThat(run.outLines()).hasSize(3);
      assertThat(run.out()).startsWith("savior 0").contains("libtorch 2", "Java 25");
    }
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
  void memoryThatDoesNotSufficeIsOneLineAndStatusOne() {
    StringWriter err = new StringWriter();
    CommandLine command = TrainerMain.commandLine(Map.of());
    command.addSubcommand("fill", new Fill(new OutOfMemoryError("Java heap space")));
    command.addSubcommand(
        "allocate",
        new Fill(
            new RuntimeException(
                "[enforce fail at alloc_cpu.cpp:116] . DefaultCPUAllocator: not enough memory")));
    command.setErr(new PrintWriter(err));
    assertThat(command.execute("fill")).isEqualTo(1);
    assertThat(command.execute("allocate")).isEqualTo(1);
    assertThat(err.toString().lines())
        .satisfiesExactly(
            line ->
                assertThat(line)
                    .startsWith("savior: out of memory (Java heap space) with a heap of at most ")
                    .contains("SAVIOR_JAVA_OPTS"),
            line -> assertThat(line).startsWith("savior: out of memory for tensors; "));
  }

  /// Throws what it was given.
  @Command(name = "fill")
  private record Fill(Throwable failure) implements Runnable {
    @Override
    public void run() {
      switch (failure) {
        case Error error -> throw error;
        case RuntimeException exception -> throw exception;
        default -> throw new IllegalArgumentException(failure);
      }
    }
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
    assertThat(run.err()).contains("savior serve");
  }
}
