package io.saviorrec.server.fakes;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A Redis of a test's own, that keeps what it has in a folder: the program `redis-server` of this
/// machine.
public final class RedisProcess implements AutoCloseable {
  private static final String PROGRAM = "redis-server";
  private static final String PLAIN = "--port";
  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final Path folder;
  private final int port;
  private final List<String> settings;
  private @Nullable Process process;

  private RedisProcess(Path folder, int port, List<String> settings) {
    this.folder = folder;
    this.port = port;
    this.settings = settings;
  }

  /// Skips the test where there is no Redis.
  public static void assumeInstalled() {
    assumeTrue(
        program().isPresent(), "no " + PROGRAM + " on the PATH (apt-get install " + PROGRAM + ")");
  }

  private static Optional<Path> program() {
    return List.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)).stream()
        .map(folder -> Path.of(folder, PROGRAM))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /// Starts one on a free port.
  public static RedisProcess start(Path folder) {
    return start(folder, PLAIN, List.of());
  }

  /// Starts one on a free port that asks for encryption by this certificate, and for a password.
  public static RedisProcess start(
      Path folder, TestCertificates.Identity identity, Path authority, String password) {
    return start(
        folder,
        "--tls-port",
        List.of(
            "--port",
            "0",
            "--tls-cert-file",
            identity.chain().toString(),
            "--tls-key-file",
            identity.key().toString(),
            "--tls-ca-cert-file",
            authority.toString(),
            "--tls-auth-clients",
            "no",
            "--requirepass",
            password));
  }

  private static RedisProcess start(Path folder, String portOption, List<String> more) {
    try {
      Files.createDirectories(folder);
      int port = freePort();
      List<String> settings = new ArrayList<>(more);
      settings.addAll(List.of(portOption, Integer.toString(port)));
      RedisProcess redis = new RedisProcess(folder, port, settings);
      redis.start();
      return redis;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  public int port() {
    return port;
  }

  /// Starts it, with what it had when it was stopped.
  public void start() {
    List<String> command = new ArrayList<>();
    command.add(program().orElseThrow().toString());
    command.addAll(settings);
    command.addAll(List.of("--bind", "127.0.0.1"));
    command.addAll(List.of("--dir", folder.toString(), "--save", "", "--appendonly", "yes"));
    command.addAll(List.of("--appendfsync", "always"));
    try {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("output").toFile()))
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    awaitListening();
  }

  private void awaitListening() {
    long begun = System.nanoTime();
    while (System.nanoTime() - begun < LIMIT_NANOS) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        if (socket.isConnected()) {
          return;
        }
      } catch (IOException _) {
        Thread.onSpinWait();
      }
    }
    throw new IllegalStateException(PROGRAM + " does not listen on port " + port);
  }

  /// Stops it at once, like `kill -9`.
  public void kill() {
    Process running = process;
    process = null;
    if (running != null) {
      running.destroyForcibly();
      try {
        running.waitFor();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() {
    kill();
  }
}
