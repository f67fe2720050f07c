package io.saviorrec.server.config;

import java.time.Duration;
import java.util.TreeMap;

/// Configurations for tests: everything small, ports free.
public final class TestConfigs {
  public static final int MAX_CANDIDATES = 12;

  private TestConfigs() {}

  public static ServerConfig.Routing defaultRouting() {
    return new ServerConfig.Routing(null, new TreeMap<>(), new TreeMap<>());
  }

  public static ServerConfig small(ServerConfig.Routing routing) {
    return small(routing, 0, 0);
  }

  public static ServerConfig small(ServerConfig.Routing routing, int port, int metricsPort) {
    return new ServerConfig(
        new ServerConfig.Grpc("127.0.0.1", port, 2, 1 << 20, 100, Duration.ofSeconds(5)),
        new ServerConfig.Metrics("127.0.0.1", metricsPort),
        new ServerConfig.Engine("cpu", 2, 4, 1),
        new ServerConfig.Scoring(MAX_CANDIDATES),
        new ServerConfig.Items(10, 10, null, 6, 50_000, 100, 2, 1, 1),
        routing);
  }
}
