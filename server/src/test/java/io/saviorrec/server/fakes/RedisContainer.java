package io.saviorrec.server.fakes;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;

/// A Redis of a test's own: the image `redis:7`, at a port of this machine.
public final class RedisContainer implements AutoCloseable {
  private static final int PORT = 6379;

  private final GenericContainer<?> container;

  private RedisContainer(GenericContainer<?> container) {
    this.container = container;
  }

  /// Skips the test where there is nothing that runs containers.
  public static void assumeEngine() {
    assumeTrue(
        DockerClientFactory.instance().isDockerAvailable(),
        "no Docker API that runs containers (DOCKER_HOST)");
  }

  public static RedisContainer start() {
    GenericContainer<?> container =
        new GenericContainer<>("redis:7")
            .withExposedPorts(PORT)
            .withCommand(
                "redis-server",
                "--bind",
                "0.0.0.0",
                "--protected-mode",
                "no",
                "--appendonly",
                "yes",
                "--appendfsync",
                "always");
    container.start();
    return new RedisContainer(container);
  }

  public int port() {
    return container.getMappedPort(PORT);
  }

  @Override
  public void close() {
    container.stop();
  }
}
