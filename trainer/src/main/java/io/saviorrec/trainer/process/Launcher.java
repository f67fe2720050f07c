package io.saviorrec.trainer.process;

import io.saviorrec.trainer.console.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/// Runs commands of `savior`, each in a process of its own, so that its memory is given back.
///
/// What still runs when this process ends is ended too.
public final class Launcher {
  /// More than a server waits for its calls.
  private static final long STOP_SECONDS = 20;

  private final Path script;
  private final String typed;
  private final Set<Process> running = ConcurrentHashMap.newKeySet();

  Launcher(Path script, String typed) {
    this.script = script;
    this.typed = typed;
    Runtime.getRuntime().addShutdownHook(new Thread(this::stopAll, "stop-children"));
  }

  /// The script that started this process.
  ///
  /// @param command that runs the others, for the error of one that no script started
  public static Launcher ofThisProcess(String command) {
    String script = System.getProperty("savior.launcher");
    if (script == null) {
      throw new UserError(
          "the %s runs other commands; start it with savior %s".formatted(command, command));
    }
    return new Launcher(Path.of(script), System.getProperty("savior.typed", script));
  }

  /// How the user calls the script.
  public String typed() {
    return typed;
  }

  /// Runs a command to its end.
  ///
  /// @param output where its standard output goes; its errors go to ours
  public void run(List<String> arguments, Redirect output) {
    Process process = start(builder(arguments).redirectOutput(output));
    await(arguments, process);
  }

  /// Runs a command to its end and returns its standard output.
  public String read(List<String> arguments) {
    Process process = start(builder(arguments));
    try {
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      await(arguments, process);
      return output;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Starts a command that keeps running; what it prints goes to the log.
  public Process start(List<String> arguments, Map<String, String> environment, Path log) {
    ProcessBuilder builder = builder(arguments);
    builder.environment().putAll(environment);
    return start(builder.redirectOutput(log.toFile()).redirectErrorStream(true));
  }

  /// Starts a command that is talked to by its standard input and output; its errors go to the log.
  public Process converse(List<String> arguments, Path log) {
    return start(
        builder(arguments)
            .redirectInput(Redirect.PIPE)
            .redirectOutput(Redirect.PIPE)
            .redirectError(log.toFile()));
  }

  /// Asks the process to end and waits until it has.
  public void stop(Process process) {
    process.destroy();
    try {
      if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException _) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    running.remove(process);
  }

  private void stopAll() {
    running.forEach(this::stop);
  }

  private ProcessBuilder builder(List<String> arguments) {
    List<String> command = new ArrayList<>(arguments);
    command.addFirst(script.toString());
    return new ProcessBuilder(command)
        .redirectInput(Redirect.INHERIT)
        .redirectError(Redirect.INHERIT);
  }

  private Process start(ProcessBuilder builder) {
    try {
      Process process = builder.start();
      running.add(process);
      return process;
    } catch (IOException e) {
      throw new UserError("cannot start " + script + ": " + e.getMessage(), e);
    }
  }

  private void await(List<String> arguments, Process process) {
    try {
      int status = process.waitFor();
      running.remove(process);
      if (status != 0) {
        throw new UserError(
            "savior %s ended with status %d; its error is above"
                .formatted(String.join(" ", arguments), status));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UserError("interrupted", e);
    }
  }
}
