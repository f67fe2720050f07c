package io.saviorrec.trainer;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A program that the launcher started in a JVM of its own, with what it printed to stderr.
final class SaviorProcess implements AutoCloseable {
  private static final long LIMIT_SECONDS = 180;
  private static final Pattern SERVING =
      Pattern.compile("serving .* on gRPC port (\\d+), admin on HTTP port (\\d+),.*");

  /// Where a server listens.
  record Ports(int grpc, int http) {}

  /// How a program ended.
  record Ended(int status, List<String> err) {
    /// The lines that are meant for the user; the rest is the log.
    List<String> messages() {
      return err.stream().filter(line -> line.startsWith("savior: ")).toList();
    }
  }

  private final Process process;
  private final List<String> err = new ArrayList<>();
  private final CompletableFuture<Ports> ports = new CompletableFuture<>();
  private final Thread reader;

  private SaviorProcess(Process process) {
    this.process = process;
    this.reader = Thread.ofVirtual().start(this::read);
  }

  /// Starts `bin/savior` of the distribution that this build has made, with these arguments.
  static SaviorProcess start(Map<String, String> environment, String... arguments) {
    try {
      Path program = Distribution.FOLDER.resolve("bin/savior");
      if (!Files.exists(program)) {
        throw new IllegalStateException("there is no " + program + "; run ./mvnw verify");
      }
      // Where this build ignores Ctrl-C, being in the background, its children would too.
      List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
      command.add(program.toString());
      command.addAll(Arrays.asList(arguments));
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD);
      builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
      builder.environment().putAll(environment);
      return new SaviorProcess(builder.start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Starts a server on free ports whose sent items are kept in `itemStore`. It scores in float32,
  /// as the trainer does: by itself it may find the other type faster, and its scores a little
  /// elsewhere.
  static SaviorProcess serve(Path repository, Path itemStore, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "serve",
                "--repository",
                repository.toString(),
                "--port",
                "0",
                "--admin-port",
                "0"));
    arguments.addAll(Arrays.asList(more));
    return start(
        Map.of(
            "SAVIOR_ITEMS_STORE_DIRECTORY",
            itemStore.toString(),
            "SAVIOR_SERVER_SHUTDOWN_PAUSE",
            "0s",
            "SAVIOR_ENGINE_PRECISION",
            "fp32"),
        arguments.toArray(String[]::new));
  }

  private void read() {
    try (BufferedReader lines = process.errorReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        synchronized (err) {
          err.add(line);
          err.notifyAll();
        }
        Matcher serving = SERVING.matcher(line);
        if (serving.find()) {
          ports.complete(
              new Ports(Integer.parseInt(serving.group(1)), Integer.parseInt(serving.group(2))));
        }
      }
    } catch (IOException e) {
      ports.completeExceptionally(e);
    }
    ports.completeExceptionally(new IllegalStateException("it ended and said " + lines()));
  }

  private List<String> lines() {
    synchronized (err) {
      return List.copyOf(err);
    }
  }

  /// Waits until the server says that it serves.
  Ports awaitServing() {
    try {
      return ports.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new IllegalStateException("the server did not start: " + lines(), e);
    }
  }

  /// Waits until it has printed a line that starts like this.
  void awaitLine(String start) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    synchronized (err) {
      while (err.stream().noneMatch(line -> line.startsWith(start))) {
        long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (left <= 0 || !process.isAlive()) {
          throw new IllegalStateException("it did not print " + start + ": " + err);
        }
        try {
          // Again after a second, for a program that ended and prints nothing more.
          err.wait(Math.min(left, 1000));
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
    }
  }

  /// The processes that it has started and that still run.
  List<ProcessHandle> children() {
    return process.descendants().toList();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /// Does what Ctrl-C does.
  void interrupt() {
    try {
      new ProcessBuilder("sh", "-c", "kill -INT " + process.pid()).start().waitFor();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Waits for the program's own end.
  Ended awaitEnd() {
    try {
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("it did not end: " + lines());
      }
      reader.join();
      return new Ended(process.exitValue(), lines());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Ends it like `kill -9`: nothing of its own runs any more.
  void kill() {
    process.destroyForcibly();
    awaitEnd();
  }

  @Override
  public void close() {
    process.destroy();
    awaitEnd();
  }
}
