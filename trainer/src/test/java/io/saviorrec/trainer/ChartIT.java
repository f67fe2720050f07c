package io.saviorrec.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.dockerjava.api.model.AccessMode;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Volume;
import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoringGrpc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.containers.GenericContainer;

/// The image with what a kubelet makes of the chart's pod: arguments, environment, settings behind
/// links, and folders of the group.
@Timeout(600)
class ChartIT {
  private static final String VALUES =
      """
      routing: {labels: {saviorrec: {stable: 1}}}
      exposures: {enabled: true, existingClaim: exposures}
      captures: {enabled: true}
      config: {capture: {slowerThan: 0s}, engine: {warmUpTime: 1s}}
      """;

  @TempDir private Path folder;

  @Test
  void aServerStartsWithWhatTheChartGivesIt() throws Exception {
    Containers.assumeEngine();
    List<JsonNode> objects =
        HelmChart.objects(Files.writeString(folder.resolve("values.yaml"), VALUES));
    JsonNode pod =
        objects.stream()
            .filter(each -> each.path("kind").asText().equals("StatefulSet"))
            .findFirst()
            .orElseThrow()
            .at("/spec/template/spec");
    JsonNode container = pod.at("/containers/0");
    List<String> arguments = new ArrayList<>();
    container.path("args").forEach(each -> arguments.add(each.asText()));
    try (GenericContainer<?> server =
        Containers.server(environment(container)).withCommand(arguments.toArray(String[]::new))) {
      Map<String, Path> volumes = volumes(pod, objects);
      List<Bind> binds = binds(container, volumes);
      server.withCreateContainerCmdModifier(
          create -> {
            HostConfig host = Objects.requireNonNull(create.getHostConfig());
            binds.addAll(List.of(host.getBinds()));
            host.withBinds(binds);
          });
      server.start();
      ManagedChannel channel = Shop.channel(server.getMappedPort(Containers.GRPC));
      try {
        assertHealthy(channel);
        assertThat(
                ScoringGrpc.newBlockingStub(channel)
                    .score(
                        ScoreRequest.newBuilder()
                            .setRequestId("r1")
                            .addCandidates(Candidate.newBuilder().setItemId(1))
                            .build())
                    .getLabel())
            .isEqualTo("stable");
      } finally {
        channel.shutdownNow();
      }
      Containers.terminate(server);
      assertThat(files(volume(volumes, "exposures").resolve("shop-saviorrec-0")))
          .anyMatch(name -> name.endsWith(".avro"));
      assertThat(files(volume(volumes, "captures"))).isNotEmpty();
      assertThat(files(volume(volumes, "items"))).contains("items");
    }
  }

  private static List<Bind> binds(JsonNode container, Map<String, Path> volumes) {
    List<Bind> binds = new ArrayList<>();
    for (JsonNode mount : container.path("volumeMounts")) {
      String at = mount.path("mountPath").asText();
      // The tests' own are there already.
      if (!List.of("/models", "/tmp").contains(at)) {
        binds.add(
            new Bind(
                volume(volumes, mount.path("name").asText()).toString(),
                new Volume(at),
                mount.path("readOnly").asBoolean() ? AccessMode.ro : AccessMode.rw));
      }
    }
    return binds;
  }

  private static void assertHealthy(ManagedChannel channel) {
    for (String service : List.of("live", "saviorrec.v1.Scoring")) {
      assertThat(
              HealthGrpc.newBlockingStub(channel)
                  .check(HealthCheckRequest.newBuilder().setService(service).build())
                  .getStatus())
          .isEqualTo(ServingStatus.SERVING);
    }
  }

  /// As the kubelet resolves it for the first pod on a node that gives it two cores.
  private static Map<String, String> environment(JsonNode container) {
    Map<String, String> known = Map.of("POD_NAME", "shop-saviorrec-0", "REQUESTED_CORES", "2");
    Map<String, String> environment = new HashMap<>(known);
    for (JsonNode each : container.path("env")) {
      String name = each.path("name").asText();
      String value = each.path("value").asText();
      for (Map.Entry<String, String> other : known.entrySet()) {
        value = value.replace("$(" + other.getKey() + ")", other.getValue());
      }
      environment.putIfAbsent(name, value);
    }
    return environment;
  }

  private Map<String, Path> volumes(JsonNode pod, List<JsonNode> objects) throws IOException {
    Map<String, Path> volumes = new HashMap<>(Map.of("items", writable("items")));
    for (JsonNode volume : pod.path("volumes")) {
      String name = volume.path("name").asText();
      String map = volume.at("/configMap/name").asText();
      Path made = writable(name);
      for (JsonNode object : objects) {
        if (object.path("kind").asText().equals("ConfigMap")
            && object.at("/metadata/name").asText().equals(map)) {
          project(made, object.path("data"));
        }
      }
      volumes.put(name, made);
    }
    return volumes;
  }

  private Path writable(String name) throws IOException {
    Path made = Files.createDirectory(folder.resolve(name));
    return Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rwxrwxrwx"));
  }

  /// Files behind links, so that all of them are replaced at once.
  private static void project(Path volume, JsonNode data) throws IOException {
    Path content = Files.createDirectory(volume.resolve("..2026"));
    Files.createSymbolicLink(volume.resolve("..data"), content.getFileName());
    for (Map.Entry<String, JsonNode> file : data.properties()) {
      Files.writeString(content.resolve(file.getKey()), file.getValue().asText());
      Files.createSymbolicLink(
          volume.resolve(file.getKey()), Path.of("..data").resolve(file.getKey()));
    }
  }

  private static Path volume(Map<String, Path> volumes, String name) {
    return Objects.requireNonNull(volumes.get(name), name);
  }

  private static List<String> files(Path of) throws IOException {
    try (Stream<Path> files = Files.list(of)) {
      return files.map(each -> String.valueOf(each.getFileName())).toList();
    }
  }
}
