package io.saviorrec.trainer.process;

import io.saviorrec.client.ClientConfig;
import io.saviorrec.client.SaviorClient;
import io.saviorrec.trainer.console.UserError;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A server in a process of its own, with a client for it.
public final class ServerProcess implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofMinutes(5);
  private static final Duration POLL = Duration.ofMillis(200);

  /// What a server is started with.
  ///
  /// @param config file of settings, null for the defaults
  /// @param explore folder of what its explorer shows, null for no explorer
  /// @param itemStore folder of the items that are sent to it
  /// @param log where it writes what it says
  public record Settings(
      Path repository,
      @Nullable Path config,
      @Nullable Path explore,
      int port,
      int adminPort,
      Path itemStore,
      Path log) {
    /// Without an explorer.
    public Settings(
        Path repository, @Nullable Path config, int port, int adminPort, Path itemStore, Path log) {
      this(repository, config, null, port, adminPort, itemStore, log);
    }
  }

  private final Launcher launcher;
  private final Process process;
  private final Path log;
  private final SaviorClient client;

  private ServerProcess(Launcher launcher, Process process, Path log, SaviorClient client) {
    this.launcher = launcher;
    this.process = process;
    this.log = log;
    this.client = client;
  }

  /// The port itself, or a free one where it is 0.
  ///
  /// @throws UserError when it is in use
  public static int freePort(int port, String option) {
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

  /// Starts a server and waits until it is ready. The caller sees to it that the item store is
  /// empty where it should be.
  public static ServerProcess start(Launcher launcher, Settings settings) {
    ServerProcess server = launch(launcher, settings);
    try {
      server.awaitServing();
    } catch (RuntimeException e) {
      server.close();
      throw e;
    }
    return server;
  }

  /// Starts a server and does not wait for it.
  public static ServerProcess launch(Launcher launcher, Settings settings) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "serve",
                "--repository",
                settings.repository.toString(),
                "--port",
                Integer.toString(settings.port),
                "--admin-port",
                Integer.toString(settings.adminPort)));
    if (settings.config != null) {
      arguments.addAll(List.of("--config", settings.config.toString()));
    }
    if (settings.explore != null) {
      arguments.addAll(List.of("--explore", settings.explore.toString()));
    }
    Process process =
        launcher.start(
            arguments,
            // Nobody else calls it, so nobody has to turn away before it stops.
            Map.of(
                "SAVIOR_ITEMS_STORE_DIRECTORY",
                settings.itemStore.toAbsolutePath().toString(),
                "SAVIOR_SERVER_SHUTDOWN_PAUSE",
                "0s"),
            settings.log);
    SaviorClient client =
        SaviorClient.connect(
            ClientConfig.of("localhost:" + settings.port).withDeadline(Duration.ofMinutes(1)));
    return new ServerProcess(launcher, process, settings.log, client);
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

  /// Connected to it.
  public SaviorClient client() {
    return client;
  }

  /// The number that the system knows the process by.
  public long pid() {
    return process.pid();
  }

  /// Processor time that it has taken so far.
  public Duration cpu() {
    return process.info().totalCpuDuration().orElseThrow(this::ended);
  }

  /// Fails when it has ended.
  public void requireAlive() {
    if (!process.isAlive()) {
      throw ended();
    }
  }

  /// Returns only by an exception: when the server ends by itself.
  public void awaitEnd() {
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
