package io.saviorrec.server.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.saviorrec.server.config.ConfigLoader;
import io.saviorrec.server.config.RoutingConfig;
import io.saviorrec.server.config.ServerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Whether Kubernetes and the server take what the chart makes of each values file.
@Timeout(120)
class ChartTest {
  @TempDir private Path folder;

  static List<Path> valuesFiles() {
    return Chart.valuesFiles();
  }

  @ParameterizedTest
  @MethodSource("valuesFiles")
  void helmFindsNothingToSay(Path values) {
    String said =
        Chart.tool("helm", "lint", "--strict", Chart.FOLDER.toString(), "-f", values.toString())
            .successful();

    assertThat(said).doesNotContain("[ERROR]", "[WARNING]");
  }

  @Test
  void kubernetesTakesEveryObjectOfEveryValuesFile() throws IOException {
    List<String> command = new ArrayList<>(List.of("--strict", "--quiet"));
    command.addAll(files(false));

    assertThat(command).hasSizeGreaterThan(50);
    assertThat(Chart.tool("kubernetes-validate", command.toArray(String[]::new)).successful())
        .isEmpty();
  }

  @Test
  void thePrometheusOperatorTakesItsObjects() throws IOException {
    List<String> files = files(true);

    assertThat(files).isNotEmpty();
    Chart.tool("custom-resources", files.toArray(String[]::new)).successful();
  }

  /// A file of each object, those of the operator or the others.
  private List<String> files(boolean operators) throws IOException {
    List<String> files = new ArrayList<>();
    for (Path values : Chart.valuesFiles()) {
      for (JsonNode object : Chart.objects(values)) {
        if (object.path("apiVersion").asText().startsWith("monitoring.") == operators) {
          Path file = folder.resolve(values.getFileName() + "-" + files.size() + ".json");
          files.add(Files.writeString(file, object.toString()).toString());
        }
      }
    }
    return files;
  }

  @ParameterizedTest
  @MethodSource("valuesFiles")
  void theServerTakesItsSettingsAndItsRouting(Path values) throws IOException {
    for (JsonNode map : Chart.objects(values, "ConfigMap")) {
      JsonNode data = map.path("data");
      if (data.has("server.yaml")) {
        Path file = Files.writeString(folder.resolve("s"), data.path("server.yaml").asText());
        ServerConfig config = ConfigLoader.load(file, Map.of());
        assertThat(config.server().port()).isEqualTo(8500);
        assertThat(config.admin().host()).isEqualTo("0.0.0.0");
      }
      if (data.has("routing.yaml")) {
        RoutingConfig.parse(data.path("routing.yaml").asText(), "routing.yaml");
      }
    }
  }

  @Test
  void largeNumbersReachTheServerAsTheyAre() {
    JsonNode config =
        Chart.object(Chart.valuesFile("redis-ha"), "ConfigMap", "shop-saviorrec-config");

    assertThat(config.at("/data/server.yaml").asText()).contains("stateBytes: 268435456");
  }

  @ParameterizedTest
  @MethodSource("valuesFiles")
  void everyServiceLeadsToPorts(Path values) {
    List<JsonNode> objects = Chart.objects(values);
    List<JsonNode> servers =
        objects.stream()
            .filter(each -> !Chart.kind(each).equals("CronJob"))
            .flatMap(each -> Chart.pods(each).stream())
            .toList();
    for (JsonNode service : Chart.objects(values, "Service")) {
      List<JsonNode> chosen =
          servers.stream()
              .filter(pod -> Chart.fits(service.at("/spec/selector"), pod.at("/metadata/labels")))
              .toList();
      assertThat(chosen).as(Chart.name(service)).isNotEmpty();
      assertThat(Chart.names(chosen.getFirst().at("/spec/containers/0/ports")))
          .contains(service.at("/spec/ports/0/targetPort").asText());
    }
  }

  @Test
  void isAPartOfAnotherChartWhereThatWantsIt() throws IOException {
    Path shop = folder.resolve("shop");
    Files.createSymbolicLink(
        Files.createDirectories(shop.resolve("charts")).resolve("saviorrec"),
        Chart.FOLDER.toAbsolutePath().normalize());
    Files.writeString(
        shop.resolve("Chart.yaml"),
        """
        apiVersion: v2
        name: shop
        version: 0.1.0
        dependencies: [{name: saviorrec, version: 0.1.0, condition: saviorrec.enabled}]
        """);
    Path on =
        Chart.values(
            folder,
            "global: {region: eu}\nsaviorrec: {enabled: true, models: {pvc: {existingClaim: m}}}\n");
    Path off = Chart.values(folder, "saviorrec: {enabled: false}\n");

    assertThat(rendered(shop, on)).contains("kind: StatefulSet");
    assertThat(rendered(shop, off)).doesNotContain("kind:");
  }

  private static String rendered(Path chart, Path values) {
    return Chart.tool(
            "helm",
            "template",
            "s",
            chart.toString(),
            "--kube-version",
            "1.35.0",
            "-f",
            values.toString())
        .successful();
  }

  @Test
  void theApplicationIsOfTheProjectsVersion() throws IOException {
    String pom = Files.readString(Path.of("..", "pom.xml"));
    String version = Chart.yaml(Chart.FOLDER.resolve("Chart.yaml")).path("appVersion").asText();

    assertThat(pom).contains("<artifactId>saviorrec</artifactId>\n  <version>" + version + "<");
  }
}
