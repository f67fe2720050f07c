package io.saviorrec.server.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What watches the servers: the scrape, the rules and the dashboards.
@Timeout(120)
class MonitoringTest {
  @TempDir private Path folder;

  static List<Path> valuesFiles() {
    return Chart.valuesFiles();
  }

  @ParameterizedTest
  @MethodSource("valuesFiles")
  void prometheusScrapesEachPodOnce(Path values) {
    for (JsonNode monitor : Chart.objects(values, "ServiceMonitor")) {
      assertThat(Chart.objects(values, "Service"))
          .filteredOn(
              service ->
                  Chart.fits(
                      monitor.at("/spec/selector/matchLabels"), service.at("/metadata/labels")))
          .extracting(Chart::name)
          .containsExactly("shop-saviorrec-metrics");
    }
  }

  @Test
  void whoIsWokenReadsTheNameOfThePod() {
    JsonNode relabeling =
        Chart.object(Chart.valuesFile("redis-ha"), "ServiceMonitor", "shop-saviorrec")
            .at("/spec/endpoints/0/relabelings/0");

    assertThat(relabeling.at("/sourceLabels/0").asText()).isEqualTo("__meta_kubernetes_pod_name");
    assertThat(relabeling.path("targetLabel").asText()).isEqualTo("instance");
  }

  @Test
  void rulesAndDashboardsComeAsTheyLieInTheChart() throws IOException {
    Path values = Chart.valuesFile("redis-ha");
    assertThat(Chart.objects(values, "PrometheusRule"))
        .extracting(each -> each.path("spec"))
        .containsExactlyElementsOf(files("rules").stream().map(Chart::yaml).toList());
    List<String> dashboards = new ArrayList<>();
    for (Path file : files("dashboards")) {
      dashboards.add(Files.readString(file).strip());
    }
    assertThat(Chart.objects(values, "ConfigMap"))
        .filteredOn(each -> each.at("/metadata/labels").has("grafana_dashboard"))
        .extracting(each -> each.path("data").elements().next().asText().strip())
        .containsExactlyElementsOf(dashboards);
  }

  @Test
  void alertsLinkToTheirRunbooksWherePeopleReadThem() throws IOException {
    Path values =
        Chart.values(
            folder,
            "prometheusRule: {enabled: true, runbooks: 'https://git.example/saviorrec/blob/main/'}");

    List<String> links =
        Chart.object(values, "PrometheusRule", "shop-saviorrec-alerts")
            .findValuesAsText("runbook_url");
    assertThat(links).hasSizeGreaterThan(20);
    assertThat(links)
        .allSatisfy(
            link ->
                assertThat(link)
                    .startsWith(
                        "https://git.example/saviorrec/blob/main/docs/OPERATIONS.md#savior"));
  }

  private static List<Path> files(String kind) throws IOException {
    Path folder = Chart.FOLDER.resolve(kind);
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }
}
