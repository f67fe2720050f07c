package io.saviorrec.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.github.dockerjava.api.model.ContainerConfig;
import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.proto.v1.Golden;
import io.saviorrec.proto.v1.GoldenScore;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;

/// The server's image, run as it is meant to be: as nobody, with a root that is read-only.
@Timeout(600)
class ImageIT {
  private static GenericContainer<?> server;
  private static ManagedChannel channel;

  @BeforeAll
  static void start() {
    Containers.assumeEngine();
    server = Containers.server(Map.of());
    server.start();
    channel = Shop.channel(server.getHost(), server.getMappedPort(Containers.GRPC));
  }

  @AfterAll
  static void stop() {
    if (channel != null) {
      channel.shutdownNow();
    }
    if (server != null) {
      server.stop();
    }
  }

  private static ExecResult run(String... command) throws IOException, InterruptedException {
    return server.execInContainer(command);
  }

  private static String page(String path) throws IOException, InterruptedException {
    URI uri =
        URI.create(
            "http://%s:%d%s"
                .formatted(server.getHost(), server.getMappedPort(Containers.HTTP), path));
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  @Test
  void runsAsNobodyAndCanWriteToItsVolumeAlone() throws Exception {
    assertThat(run("id", "-u").getStdout()).isEqualTo("10001\n");
    assertThat(run("cat", "/proc/1/comm").getStdout()).isEqualTo("java\n");
    for (String folder : List.of("/", "/tmp", "/opt/savior", "/models", "/etc/savior")) {
      assertThat(run("touch", folder + "/x").getExitCode()).as(folder).isNotZero();
    }
    assertThat(run("ls", "/var/lib/savior").getStdout()).isEqualTo("items\n");
    assertThat(run("bash", "-c", "touch /var/lib/savior/x && rm /var/lib/savior/x").getExitCode())
        .isZero();
    assertThat(server.getLogs())
        .as("nothing that could not be unpacked or written")
        .doesNotContain("ERROR", "Exception", "Read-only", "OpenJDK 64-Bit Server VM warning");
  }

  @Test
  void saysToItsSupervisorThatItIsReady() throws Exception {
    ExecResult health = run("savior", "health", "--config", "/etc/savior/server.yaml");
    assertThat(health.getStdout()).isEqualTo("ready\n");
    assertThat(health.getExitCode()).isZero();
    assertThat(run("savior", "health", "--admin-port", "1").getExitCode()).isEqualTo(1);
  }

  @Test
  void scoresAsTheTrainerDoes() throws IOException {
    Golden golden =
        Golden.parseFrom(Files.readAllBytes(Shop.bundle("saviorrec").path(Bundle.GOLDEN)));
    assertThat(golden.getScoresCount()).isPositive();
    for (GoldenScore expected : golden.getScoresList()) {
      ScoreResponse response =
          ScoringGrpc.newBlockingStub(channel)
              .score(expected.getRequest().toBuilder().setModel("saviorrec").build());
      for (int i = 0; i < expected.getPctrCount(); i++) {
        assertThat(response.getScores(i).getPctr()).isCloseTo(expected.getPctr(i), within(1e-5f));
      }
    }
  }

  @Test
  void encodesAPictureThatIsSentToIt() throws IOException {
    ByteString picture;
    try (var pictures = Files.list(Shop.data().resolve("images"))) {
      picture = ByteString.copyFrom(Files.readAllBytes(pictures.findFirst().orElseThrow()));
    }
    ItemsGrpc.newBlockingStub(channel)
        .upsertItems(
            UpsertItemsRequest.newBuilder()
                .addItems(Item.newBuilder().setItemId(1L << 40).setTitle("a hat").setImage(picture))
                .build())
        .getResultsList()
        .forEach(result -> assertThat(result.getError()).isEmpty());
    assertThat(
            ScoringGrpc.newBlockingStub(channel)
                .score(Requests.of("saviorrec", 1L << 40))
                .getScoresList())
        .extracting(Score::getSource)
        .containsExactly(ScoreSource.ENCODED);
  }

  @Test
  void givesItsMetrics() throws Exception {
    assertThat(page("/metrics"))
        .contains("savior_model_info{model=\"saviorrec\"", "process_resident_memory_bytes ");
  }

  @Test
  void isOfTheVersionThatItsLabelsSay() throws Exception {
    ContainerConfig config =
        DockerClientFactory.instance()
            .client()
            .inspectImageCmd(server.getDockerImageName())
            .exec()
            .getConfig();
    Map<String, String> labels = Objects.requireNonNull(Objects.requireNonNull(config).getLabels());
    assertThat(labels).containsKey("org.opencontainers.image.revision");
    assertThat(run("savior", "serve", "--version").getStdout())
        .startsWith("savior " + labels.get("org.opencontainers.image.version") + "\n");
  }

  @Test
  void takesLessThan700MegabytesOfDisk() {
    assertThat(
            DockerClientFactory.instance()
                .client()
                .inspectImageCmd(server.getDockerImageName())
                .exec()
                .getSize())
        .isLessThan(700_000_000L);
  }
}
