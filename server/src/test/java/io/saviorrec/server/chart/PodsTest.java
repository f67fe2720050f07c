package io.saviorrec.server.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.saviorrec.server.config.ConfigLoader;
import io.saviorrec.server.config.ServerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What is in the pods that the chart makes.
@Timeout(120)
class PodsTest {
  @TempDir private Path folder;

  static List<Path> valuesFiles() {
    return Chart.valuesFiles();
  }

  @ParameterizedTest
  @MethodSource("valuesFiles")
  void everyPodIsConfined(Path values) {
    for (JsonNode object : Chart.objects(values)) {
      for (JsonNode pod : Chart.pods(object)) {
        JsonNode spec = pod.path("spec");
        assertThat(spec.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
        assertThat(spec.at("/securityContext/runAsUser").asInt()).isEqualTo(10001);
        assertThat(spec.at("/securityContext/fsGroup").asInt()).isEqualTo(10001);
        assertThat(spec.at("/securityContext/seccompProfile/type").asText())
            .isEqualTo("RuntimeDefault");
        assertThat(spec.path("automountServiceAccountToken").asBoolean(true)).isFalse();
        assertThat(spec.path("enableServiceLinks").asBoolean(true)).isFalse();
        for (JsonNode container : Chart.containers(pod)) {
          JsonNode context = container.path("securityContext");
          assertThat(context.path("readOnlyRootFilesystem").asBoolean())
              .as(container.toString())
              .isTrue();
          assertThat(context.path("allowPrivilegeEscalation").asBoolean(true)).isFalse();
          assertThat(context.at("/capabilities/drop/0").asText()).isEqualTo("ALL");
        }
      }
    }
  }

  @Test
  void podsTakeTheirUserFromAPlatformThatGivesThemOut() throws IOException {
    Path values =
        Chart.values(
            folder,
            """
            podSecurityContext: {runAsUser: null, runAsGroup: null, fsGroup: null}
            training: {enabled: true, data: {existingClaim: d}}
            """);

    List<JsonNode> pods =
        Chart.objects(values).stream().flatMap(each -> Chart.pods(each).stream()).toList();
    assertThat(pods).hasSize(2);
    assertThat(pods)
        .allSatisfy(
            pod -> {
              JsonNode context = pod.at("/spec/securityContext");
              assertThat(context.has("runAsUser")).isFalse();
              assertThat(context.has("runAsGroup")).isFalse();
              assertThat(context.has("fsGroup")).isFalse();
              assertThat(context.path("runAsNonRoot").asBoolean()).isTrue();
            });
  }

  @Test
  void everyImageMayBeNamedByItsDigest() throws IOException {
    String digest = "sha256:" + "a".repeat(64);
    Path stored =
        Chart.values(
            folder,
            "image: {digest: '%s'}\nmodels: {source: objectStore, objectStore: {remote: 's3:m', image: {digest: '%s'}}}\n"
                .formatted(digest, digest));
    Path trained =
        Chart.values(
            folder,
            "image: {digest: '%s'}\ntraining: {enabled: true, image: {digest: '%s'}, data: {existingClaim: d}}\n"
                .formatted(digest, digest));

    for (Path values : List.of(stored, trained)) {
      for (JsonNode object : Chart.objects(values)) {
        for (JsonNode pod : Chart.pods(object)) {
          assertThat(Chart.containers(pod))
              .allSatisfy(each -> assertThat(each.path("image").asText()).endsWith("@" + digest));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("valuesFiles")
  void everyMountHasItsVolumeAndEveryVolumeAMount(Path values) {
    for (JsonNode object : Chart.objects(values)) {
      for (JsonNode pod : Chart.pods(object)) {
        NavigableSet<String> volumes = new TreeSet<>(Chart.names(pod.at("/spec/volumes")));
        object.at("/spec/volumeClaimTemplates").forEach(each -> volumes.add(Chart.name(each)));
        NavigableSet<String> mounts = new TreeSet<>();
        for (JsonNode container : Chart.containers(pod)) {
          mounts.addAll(Chart.names(container.path("volumeMounts")));
        }
        assertThat(mounts).as(Chart.name(object)).isEqualTo(volumes);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("valuesFiles")
  void aPodHasTheTimeToDrain(Path values) throws IOException {
    Duration longest = Duration.ZERO;
    for (JsonNode map : Chart.objects(values, "ConfigMap")) {
      if (map.path("data").has("server.yaml")) {
        Path file = folder.resolve("s");
        Files.writeString(file, map.at("/data/server.yaml").asText());
        ServerConfig.Grpc server = ConfigLoader.load(file, Map.of()).server();
        Duration stop = server.shutdownPause().plus(server.drainTimeout());
        longest = stop.compareTo(longest) > 0 ? stop : longest;
      }
    }
    for (JsonNode object : Chart.objects(values)) {
      if (!Chart.kind(object).equals("CronJob")) {
        for (JsonNode pod : Chart.pods(object)) {
          assertThat(pod.at("/spec/terminationGracePeriodSeconds").asLong())
              .isGreaterThanOrEqualTo(longest.toSeconds() + 5);
        }
      }
    }
  }

  @Test
  void aServerThatIsNotReadyIsNotRestarted() {
    JsonNode plain = Chart.server(Chart.valuesFile("minimal"));
    JsonNode encrypted = Chart.server(Chart.valuesFile("tls-access"));

    assertThat(plain.at("/livenessProbe/grpc/service").asText()).isEqualTo("live");
    assertThat(plain.at("/readinessProbe/grpc/service").asText()).isEqualTo("saviorrec.v1.Scoring");
    assertThat(plain.at("/startupProbe/grpc/service").asText()).isEqualTo("saviorrec.v1.Scoring");
    // The kubelet's gRPC probes speak no TLS.
    assertThat(encrypted.at("/livenessProbe/httpGet/path").asText()).isEqualTo("/healthz");
    assertThat(encrypted.at("/readinessProbe/httpGet/path").asText()).isEqualTo("/readyz");
    assertThat(encrypted.at("/readinessProbe/httpGet/scheme").asText()).isEqualTo("HTTPS");
  }

  @Test
  void withoutALimitTheJvmCountsTheCoresOfTheRequest() {
    assertThat(environment(Chart.server(Chart.valuesFile("redis-ha")), "SAVIOR_JAVA_OPTS"))
        .isEqualTo("-XX:ActiveProcessorCount=$(REQUESTED_CORES) -XX:+UseZGC");
    assertThat(environment(Chart.server(Chart.valuesFile("gpu")), "SAVIOR_JAVA_OPTS")).isEmpty();
  }

  private static String environment(JsonNode container, String name) {
    for (JsonNode each : container.path("env")) {
      if (each.path("name").asText().equals(name)) {
        return each.path("value").asText();
      }
    }
    return "";
  }

  @Test
  void oneGpuIsAskedForAndUsed() {
    Path values = Chart.valuesFile("gpu");

    assertThat(Chart.server(values).at("/resources/limits/nvidia.com~1gpu").asInt()).isEqualTo(1);
    assertThat(Chart.config(values)).contains("device: gpu:0");
    // Without, a default runtime might show the GPUs of others.
    assertThat(Chart.config(Chart.valuesFile("minimal"))).contains("device: cpu");
  }
}
