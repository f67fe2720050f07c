package io.saviorrec.trainer.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.trainer.bench.Bench;
import io.saviorrec.trainer.bench.Effort;
import io.saviorrec.trainer.bench.Report;
import io.saviorrec.trainer.console.DiskFault;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `bench`: what serving costs on this machine.
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Measures module and server on bundles of the paper's size with random weights, as ratios"
          + " whose two sides take turns, and says which targets were met (docs/PERFORMANCE.md).",
      "About 25 minutes on a machine that does nothing else."
    })
// picocli fills the fields before it calls.
@SuppressWarnings("NullAway.Init")
public final class BenchCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--quick", description = "Ends within about 3 minutes and says less exactly.")
  private boolean quick;

  @Option(names = "--tiny", hidden = true, description = "Shows that it works; measures nothing.")
  private boolean tiny;

  @Option(names = "--json", description = "Prints the result as JSON, every number with its unit.")
  private boolean json;

  @Option(
      names = "--markdown",
      paramLabel = "FILE",
      description = "Writes the tables as docs/PERFORMANCE.md has them, too.")
  private @Nullable Path markdown;

  @Option(
      names = "--profile",
      paramLabel = "DIR",
      description = "Keeps JFR recordings of the server under the load of each shape.")
  private @Nullable Path profile;

  @Option(
      names = "--async-profiler",
      paramLabel = "FILE",
      description = "With --profile: the program asprof, whose flame graphs show native code.")
  private @Nullable Path asyncProfiler;

  @Option(
      names = "--work",
      paramLabel = "DIR",
      defaultValue = "work",
      description =
          "Folder for bundles, about 1 GB, deleted at the end. Default: ${DEFAULT-VALUE}.")
  private Path work;

  @Override
  public Integer call() throws Exception {
    if (quick && tiny) {
      throw new ParameterException(spec.commandLine(), "name --quick or --tiny, not both");
    }
    if (asyncProfiler != null && profile == null) {
      throw new ParameterException(
          spec.commandLine(), "--async-profiler needs --profile, the folder for what it records");
    }
    if (markdown != null) {
      // What cannot be written is said before the measurement and not after it.
      write(markdown, "");
    }
    Effort effort = tiny ? Effort.TINY : quick ? Effort.QUICK : Effort.FULL;
    Report report = Bench.run(new Bench.Options(effort, work, profile, asyncProfiler));
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(new ObjectMapper().writeValueAsString(report.fields()));
    } else {
      report.text().forEach(out::println);
    }
    out.flush();
    if (markdown != null) {
      String command =
          "./savior " + String.join(" ", spec.root().commandLine().getParseResult().originalArgs());
      write(markdown, String.join("\n", report.markdown(command)) + "\n");
    }
    return 0;
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw DiskFault.writing(file, e);
    }
  }
}
