package io.saviorrec.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.model.ContainerNetwork;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.proto.v1.DeleteItemsRequest;
import io.saviorrec.proto.v1.Golden;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;

/// Two replicas of the server's image that share their items by a Redis.
@Timeout(600)
class ReplicasIT {
  private static final String MODEL = "saviorrec";
  private static final String REDIS = "redis";
  private static final int CALLERS = 4;

  private static final long DEADLINE_SECONDS = 20;

  private static final List<GenericContainer<?>> servers = new ArrayList<>();
  private static final List<ManagedChannel> channels = new ArrayList<>();

  /// One for each server, so that one can lose Redis without the other; Redis is in both.
  private static final List<Network> networks = new ArrayList<>();

  private static GenericContainer<?> redis;

  @BeforeAll
  static void start() throws IOException {
    Containers.assumeEngine();
    for (int i = 0; i < 2; i++) {
      networks.add(Network.newNetwork());
    }
    redis =
        new GenericContainer<>("redis:7")
            .withNetwork(networks.get(0))
            .withNetworkAliases(REDIS)
            .withExposedPorts(6379)
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
    redis.start();
    connectRedis(networks.get(1));
    for (int i = 0; i < 2; i++) {
      int port = freePort();
      GenericContainer<?> server =
          Containers.server(
                  Map.of(
                      "SAVIOR_ITEMS_STORE", "redis",
                      "SAVIOR_ITEMS_REDIS_ADDRESS", REDIS + ":6379",
                      "SAVIOR_ITEMS_REDIS_TIMEOUT", "1s",
                      "SAVIOR_SERVER_SHUTDOWN_PAUSE", "2s",
                      // A busy machine is no reason to refuse here.
                      "SAVIOR_OVERLOAD_LATENCY_TARGET", "10s",
                      "SAVIOR_OVERLOAD_QUEUE_TIME", "10s"))
              .withNetwork(networks.get(i));
      // One that stays when the container is stopped and started again.
      server.setPortBindings(List.of(port + ":" + Containers.GRPC));
      server.start();
      servers.add(server);
      channels.add(Shop.channel(server.getHost(), port));
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  @AfterAll
  static void stop() {
    channels.forEach(ManagedChannel::shutdownNow);
    servers.forEach(GenericContainer::stop);
    if (redis != null) {
      redis.stop();
    }
    networks.forEach(Network::close);
  }

  private static void connectRedis(Network network) {
    engine()
        .connectToNetworkCmd()
        .withNetworkId(network.getId())
        .withContainerId(redis.getContainerId())
        .withContainerNetwork(new ContainerNetwork().withAliases(REDIS))
        .exec();
  }

  private static DockerClient engine() {
    return DockerClientFactory.instance().client();
  }

  @Test
  void anItemThatOneReplicaWasSentIsScoredAsSuchByTheOtherUntilItIsDeleted() {
    long item = 1L << 41;
    assertThat(upsert(0, item)).isEqualTo(Status.Code.OK);
    assertThat(source(0, item)).isEqualTo(ScoreSource.ENCODED);
    await(() -> source(1, item) == ScoreSource.ENCODED);
    assertThat(pctr(1, item)).isEqualTo(pctr(0, item));
    items(1).deleteItems(DeleteItemsRequest.newBuilder().addItemIds(item).build());
    await(() -> source(0, item) == ScoreSource.UNKNOWN_ITEM);
  }

  @Test
  void whileItsConnectionIsCutAReplicaScoresAndStoresNothingAndThenItLacksNothing() {
    long before = 1L << 42;
    long meanwhile = before + 1;
    long after = before + 2;
    assertThat(upsert(1, before)).isEqualTo(Status.Code.OK);
    await(() -> source(0, before) == ScoreSource.ENCODED);
    engine()
        .disconnectFromNetworkCmd()
        .withNetworkId(networks.get(1).getId())
        .withContainerId(redis.getContainerId())
        .exec();
    assertThat(upsert(1, after)).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(upsert(0, meanwhile)).isEqualTo(Status.Code.OK);
    assertThat(source(1, before)).isEqualTo(ScoreSource.ENCODED);
    assertThat(source(1, meanwhile)).isEqualTo(ScoreSource.UNKNOWN_ITEM);
    connectRedis(networks.get(1));
    await(() -> source(1, meanwhile) == ScoreSource.ENCODED);
    await(() -> upsert(1, after) == Status.Code.OK);
    await(() -> source(0, after) == ScoreSource.ENCODED);
  }

  @Test
  void whileRedisIsStoppedBothScoreAndStoreNothingAndThenNothingAcknowledgedIsLost() {
    long before = 1L << 43;
    long refused = before + 1;
    long after = before + 2;
    assertThat(upsert(0, before)).isEqualTo(Status.Code.OK);
    await(() -> source(1, before) == ScoreSource.ENCODED);
    engine().killContainerCmd(redis.getContainerId()).exec();
    for (int i = 0; i < 2; i++) {
      assertThat(upsert(i, refused)).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(source(i, before)).isEqualTo(ScoreSource.ENCODED);
    }
    engine().startContainerCmd(redis.getContainerId()).exec();
    await(() -> upsert(0, after) == Status.Code.OK);
    await(() -> source(1, after) == ScoreSource.ENCODED);
    for (int i = 0; i < 2; i++) {
      assertThat(source(i, before)).isEqualTo(ScoreSource.ENCODED);
      assertThat(source(i, refused)).isEqualTo(ScoreSource.UNKNOWN_ITEM);
    }
  }

  @Test
  void aRollingRestartUnderLoadLosesNoRequestAndNoItem() throws Exception {
    long item = 1L << 44;
    assertThat(upsert(0, item)).isEqualTo(Status.Code.OK);
    ScoreRequest page =
        Golden.parseFrom(Files.readAllBytes(Shop.bundle(MODEL).path(Bundle.GOLDEN)))
            .getScores(0)
            .getRequest();
    HealthyCallers callers = HealthyCallers.start(CALLERS, page, channels);
    for (GenericContainer<?> server : servers) {
      int answered = callers.answered();
      Containers.terminate(server);
      assertThat(
              engine()
                  .inspectContainerCmd(server.getContainerId())
                  .exec()
                  .getState()
                  .getExitCodeLong())
          .isIn(0L, 143L);
      assertThat(callers.answered()).as("the other one answers").isGreaterThan(answered);
      engine().startContainerCmd(server.getContainerId()).exec();
      callers.await(servers.size());
    }
    callers.stop();

    assertThat(callers.failures()).isEmpty();
    assertThat(callers.answered()).isGreaterThan(100);
    for (int i = 0; i < 2; i++) {
      assertThat(source(i, item)).isEqualTo(ScoreSource.ENCODED);
    }
  }

  private static Status.Code upsert(int server, long item) {
    try {
      items(server)
          .upsertItems(
              UpsertItemsRequest.newBuilder()
                  .addItems(Item.newBuilder().setItemId(item).setTitle("a hat"))
                  .build())
          .getResultsList()
          .forEach(result -> assertThat(result.getError()).isEmpty());
      return Status.Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
  }

  private static ScoreSource source(int server, long item) {
    return score(server, item).getSource();
  }

  private static float pctr(int server, long item) {
    return score(server, item).getPctr();
  }

  private static Score score(int server, long item) {
    return ScoringGrpc.newBlockingStub(channels.get(server))
        .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
        .score(Requests.of(MODEL, item))
        .getScores(0);
  }

  private static ItemsGrpc.ItemsBlockingStub items(int server) {
    return ItemsGrpc.newBlockingStub(channels.get(server))
        .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
  }

  /// The test's own time bounds it.
  private static void await(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      if (Thread.interrupted()) {
        throw new AssertionError("what the test waits for does not happen");
      }
    }
  }
}
