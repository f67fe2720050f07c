package io.saviorrec.server;

import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.engine.Slots;
import io.saviorrec.server.fakes.FakeEngine;
import io.saviorrec.server.store.InMemoryItemStore;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Servers with fake engines, each of which a test starts with settings of its own.
@Timeout(60)
abstract class ServersTest {
  static final ScoreRequest REQUEST =
      ScoreRequest.newBuilder().addCandidates(Candidate.newBuilder().setItemId(1)).build();

  @TempDir Path directory;
  final InMemoryItemStore store = new InMemoryItemStore();
  final Map<String, FakeEngine> engines = new ConcurrentHashMap<>();
  final List<AutoCloseable> opened = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    engines.values().forEach(engine -> engine.scores.open());
    for (AutoCloseable each : opened.reversed()) {
      each.close();
    }
  }

  Path repository() throws IOException {
    return Files.createDirectories(directory.resolve("models"));
  }

  FakeEngine engineOf(String model) {
    return Objects.requireNonNull(engines.get(model), model);
  }

  static ServerConfig config(int port, int adminPort) {
    return TestConfigs.small(
        Map.of("server.port", Integer.toString(port), "admin.port", Integer.toString(adminPort)));
  }

  Server start() {
    return start(config(0, 0));
  }

  Server start(ServerConfig config) {
    Server server =
        Server.start(
            directory.resolve("models"), config, new Server.Parts(_ -> store, this::engine));
    opened.add(server);
    return server;
  }

  ManagedChannel channel(Server server) {
    return channel(server.grpcPort());
  }

  ManagedChannel channel(int port) {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    opened.add(channel::shutdownNow);
    return channel;
  }

  static ServingStatus health(ManagedChannel channel, String service) {
    return HealthGrpc.newBlockingStub(channel)
        .check(HealthCheckRequest.newBuilder().setService(service).build())
        .getStatus();
  }

  static HttpResponse<String> get(int port, String path) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  FakeEngine engine(Bundle bundle, Slots slots) {
    return engines.computeIfAbsent(bundle.manifest().model(), name -> new FakeEngine());
  }
}
