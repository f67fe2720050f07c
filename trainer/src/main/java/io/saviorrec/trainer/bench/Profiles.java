package io.saviorrec.trainer.bench;

import io.saviorrec.trainer.console.Progress;
import io.saviorrec.trainer.console.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Recordings of what a server does under the load of each shape: by JFR, and by async-profiler,
/// which sees native code too, where there is one.
///
/// @param folder where they are kept
/// @param asyncProfiler the program `asprof`; null: JFR alone
record Profiles(Path folder, @Nullable Path asyncProfiler) {
  private static final String NAME = "savior-bench";

  /// Looks whether recordings can be made, before anything has cost time.
  static Profiles in(Path folder, @Nullable Path asyncProfiler) {
    if (!Files.isExecutable(jcmd())) {
      throw new UserError("--profile needs " + jcmd() + ", which a whole JDK has");
    }
    if (asyncProfiler != null && !Files.isExecutable(asyncProfiler)) {
      throw new UserError(
          "--async-profiler " + asyncProfiler + " is no program; name the asprof of a release");
    }
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UserError("--profile %s: cannot be made; name another folder".formatted(folder), e);
    }
    return new Profiles(folder.toAbsolutePath(), asyncProfiler);
  }

  private static Path jcmd() {
    return Path.of(System.getProperty("java.home"), "bin", "jcmd");
  }

  /// Records the server under a closed load of each shape, which is measured elsewhere.
  void record(Plan plan, BenchServer server, String model) {
    try (Progress progress = Progress.start("profiles", plan.costShapes().size())) {
      for (Shape shape : plan.costShapes()) {
        ScoreRequests requests =
            new ScoreRequests(model, plan.items(), shape.candidates(), shape.history(), 97).ready();
        String pid = Long.toString(server.pid());
        run(List.of(jcmd().toString(), pid, "JFR.start", "name=" + NAME, "settings=profile"));
        if (asyncProfiler != null) {
          run(List.of(asyncProfiler.toString(), "start", "-e", "cpu", pid));
        }
        server.cost(requests, shape.candidates(), plan.loadSeconds());
        if (asyncProfiler != null) {
          Path flames = folder.resolve(model + "-" + shape + ".html");
          run(List.of(asyncProfiler.toString(), "stop", "-f", flames.toString(), pid));
        }
        Path recording = folder.resolve(model + "-" + shape + ".jfr");
        run(List.of(jcmd().toString(), pid, "JFR.stop", "name=" + NAME, "filename=" + recording));
        progress.step(Double.NaN);
      }
    }
  }

  private static void run(List<String> command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new UserError(
            String.join(" ", command) + " failed: " + output.strip().replaceAll("\\R", " "));
      }
    } catch (IOException e) {
      throw new UserError("cannot run " + String.join(" ", command) + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UserError("interrupted", e);
    }
  }
}
