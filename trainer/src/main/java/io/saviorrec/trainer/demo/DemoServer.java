package io.saviorrec.trainer.demo;

import io.saviorrec.client.ClientConfig;
import io.saviorrec.client.SaviorClient;
import io.saviorrec.trainer.console.UserError;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// The demo's server: a process that serves the demo's repository.
final class DemoServer implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofMinutes(5);
  private static final Duration POLL = Duration.ofMillis(200);

  private final Launcher launcher;
  private final Process process;
  private final Path log;
  private final SaviorClient client;

  private DemoServer(Launcher launcher, Process process, Path log, SaviorClient client) {
    this.launcher = launcher;
    this.process = process;
    this.log = log;
    this.client = client;
  }

  /// The port itself, or a free one where it is 0.
  ///
  /// @throws UserError when it is in use
  static int freePort(int port, String option) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(port));
      return socket.getLocalPort();
    } catch (IOException | IllegalArgumentException e) {
      throw new UserError(
          "port %d cannot be used (%s); stop what uses it or name another by %s"
              .formatted(port, e.getMessage(), option),
          e);
    }
  }

  /// Starts a server with an empty item store and waits until it is ready.
  static DemoServer start(Launcher launcher, DemoFolder folder, int port, int adminPort) {
    DemoFolder.delete(folder.itemStore());
    List<String> arguments =
        List.of(
            "serve",
            "--repository",
            folder.repository().toString(),
            "--port",
            Integer.toString(port),
            "--admin-port",
            Integer.toString(adminPort));
    Process process =
        launcher.start(
            arguments,
            // Nobody but the demo calls it, so nobody has to turn away before it stops.
            Map.of(
                "SAVIOR_ITEMS_STORE_DIRECTORY",
                folder.itemStore().toAbsolutePath().toString(),
                "SAVIOR_SERVER_SHUTDOWN_PAUSE",
                "0s"),
            folder.serverLog());
    SaviorClient client =
        SaviorClient.connect(
            ClientConfig.of("localhost:" + port).withDeadline(Duration.ofMinutes(1)));
    DemoServer server = new DemoServer(launcher, process, folder.serverLog(), client);
    try {
      server.awaitServing();
    } catch (RuntimeException e) {
      server.close();
      throw e;
    }
    return server;
  }

  private void awaitServing() {
    long end = System.nanoTime() + START_LIMIT.toNanos();
    try {
      while (!client.isServing()) {
        if (process.waitFor(POLL)) {
          throw ended();
        }
        if (System.nanoTime() > end) {
          throw new UserError(
              "the server was not ready within %d s; see %s"
                  .formatted(START_LIMIT.toSeconds(), log));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UserError("interrupted", e);
    }
  }

  SaviorClient client() {
    return client;
  }

  /// Returns only by an exception: when the server ends by itself.
  void awaitEnd() {
    try {
      process.waitFor();
      throw ended();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UserError("interrupted", e);
    }
  }

  private UserError ended() {
    return new UserError(
        "the server ended with status %d: %s (all of it in %s)"
            .formatted(process.exitValue(), lastLine(), log));
  }

  private String lastLine() {
    try {
      List<String> lines = Files.readAllLines(log);
      return lines.isEmpty() ? "it said nothing" : lines.getLast();
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Override
  public void close() {
    client.close();
    launcher.stop(process);
  }
}
