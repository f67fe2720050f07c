package io.saviorrec.server.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// How many pods there are, when they are replaced, and what stands beside them: the canary and the
/// nightly training.
@Timeout(120)
class WorkloadsTest {
  @TempDir private Path folder;

  static List<Path> valuesFiles() {
    return Chart.valuesFiles();
  }

  @Test
  void rocksdbGetsAVolumeForEachPodAndRedisPodsThatComeAndGo() {
    JsonNode rocksdb = Chart.object(Chart.valuesFile("minimal"), "StatefulSet", "shop-saviorrec");
    JsonNode redis = Chart.object(Chart.valuesFile("gpu"), "Deployment", "shop-saviorrec");

    assertThat(rocksdb.at("/spec/replicas").asInt()).isEqualTo(1);
    assertThat(rocksdb.at("/spec/serviceName").asText()).isEqualTo("shop-saviorrec-headless");
    assertThat(rocksdb.at("/spec/volumeClaimTemplates/0/metadata/name").asText())
        .isEqualTo("items");
    assertThat(Chart.names(redis.at("/spec/template/spec/volumes"))).contains("items");
    assertThat(Chart.objects(Chart.valuesFile("minimal"), "Deployment")).isEmpty();
    assertThat(Chart.objects(Chart.valuesFile("gpu"), "StatefulSet")).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("valuesFiles")
  void noTwoWorkloadsClaimOnePod(Path values) {
    List<JsonNode> workloads =
        Chart.objects(values).stream()
            .filter(each -> each.at("/spec/selector/matchLabels").has("track"))
            .toList();
    for (JsonNode workload : workloads) {
      assertThat(workloads)
          .filteredOn(
              other ->
                  Chart.fits(
                      workload.at("/spec/selector/matchLabels"),
                      other.at("/spec/template/metadata/labels")))
          .containsExactly(workload);
    }
  }

  @Test
  void settingsReplacePodsAndRoutingDoesNot() throws IOException {
    Path plain = Chart.values(folder, "items: {store: rocksdb}");
    Path routed = Chart.values(folder, "routing: {labels: {saviorrec: {stable: 3}}}");
    Path set = Chart.values(folder, "config: {oip: {enabled: false}}");

    assertThat(pod(routed)).isEqualTo(pod(plain));
    assertThat(pod(set)).isNotEqualTo(pod(plain));
  }

  private static JsonNode pod(Path values) {
    return Chart.object(values, "StatefulSet", "shop-saviorrec").at("/spec/template");
  }

  @Test
  void theScalerOwnsTheNumberOfPods() {
    JsonNode scaled = Chart.object(Chart.valuesFile("redis-ha"), "Deployment", "shop-saviorrec");

    assertThat(scaled.path("spec").has("replicas")).isFalse();
  }

  @Test
  void aRolloutMayBeToldInShares() throws IOException {
    Path values = Chart.values(folder, Chart.REDIS + "rollout: {maxSurge: 25%}");

    assertThat(
            Chart.object(values, "Deployment", "shop-saviorrec")
                .at("/spec/strategy/rollingUpdate/maxSurge")
                .asText())
        .isEqualTo("25%");
  }

  @Test
  void aCanaryStandsBehindTheSameServiceWithItsOwnImageAndSettings() {
    Path values = Chart.valuesFile("canary");
    JsonNode canary = Chart.object(values, "Deployment", "shop-saviorrec-canary");
    JsonNode service = Chart.object(values, "Service", "shop-saviorrec");

    assertThat(canary.at("/spec/template/spec/containers/0/image").asText())
        .isEqualTo("saviorrec:0.2.0");
    assertThat(
            Chart.fits(service.at("/spec/selector"), canary.at("/spec/template/metadata/labels")))
        .isTrue();
    assertThat(
            Chart.object(values, "ConfigMap", "shop-saviorrec-canary-config")
                .at("/data/server.yaml")
                .asText())
        .contains("precision: fp32");
    assertThat(Chart.config(values)).doesNotContain("precision");
  }

  @Test
  void theTracesOfACanaryReachACollectorOfItsOwn() throws IOException {
    Path values =
        Chart.values(
            folder,
            Chart.REDIS
                + """
                networkPolicy: {enabled: true}
                config: {tracing: {endpoint: "https://traces.example/v1/traces"}}
                canary: {enabled: true, config: {tracing: {endpoint: "http://traces:4318/v1/traces"}}}
                """);
    List<Integer> ports = new ArrayList<>();
    for (JsonNode rule :
        Chart.object(values, "NetworkPolicy", "shop-saviorrec").at("/spec/egress")) {
      ports.add(rule.at("/ports/0/port").asInt());
    }

    assertThat(ports).containsExactly(53, 6379, 443, 4318);
  }

  @Test
  void theNightlyTrainingIsNotAsUrgentAsTheServers() {
    Path values = Chart.valuesFile("training");

    assertThat(
            Chart.object(values, "Deployment", "shop-saviorrec")
                .at("/spec/template/spec/priorityClassName")
                .asText())
        .isEqualTo("latency-critical");
    assertThat(
            Chart.object(values, "CronJob", "shop-saviorrec-training")
                .at("/spec/jobTemplate/spec/template/spec/priorityClassName")
                .asText())
        .isEqualTo("batch");
  }

  @Test
  void theNightlyRunAsksEveryServerWhatIsLive() throws IOException {
    Path values =
        Chart.values(
            folder,
            Chart.REDIS
                + """
                tls: {secretName: certificate, clientCertificates: required, clientAuthorities: {secretName: a}}
                access: {tokens: {secretName: callers}}
                networkPolicy: {enabled: true, clients: [{namespaceSelector: {}}]}
                training:
                  enabled: true
                  data: {existingClaim: d}
                  caller: {token: {secretName: trainer}, certificate: {secretName: trainer-tls}}
                """);
    JsonNode pod =
        Chart.object(values, "CronJob", "shop-saviorrec-training")
            .at("/spec/jobTemplate/spec/template/spec");
    List<String> arguments = new ArrayList<>();
    pod.at("/initContainers/0/args").forEach(each -> arguments.add(each.asText()));

    assertThat(arguments)
        .containsExactly(
            "bundle",
            "prune",
            "/models",
            "saviorrec",
            "--keep-versions=7",
            "--keep-stages-days=3",
            "--routing=/etc/savior/routing/routing.yaml",
            "--target=shop-saviorrec-metrics.ranking.svc:8500",
            "--authorities=/etc/savior/servers/ca.crt",
            "--server-name=shop-saviorrec.ranking.svc",
            "--token-file=/etc/savior/caller/token",
            "--certificate=/etc/savior/caller-certificate/tls.crt",
            "--key=/etc/savior/caller-certificate/tls.key");
    // Not the key of the servers.
    assertThat(pod.path("volumes").toString())
        .contains("{\"name\":\"servers\",\"secret\":{\"secretName\":\"certificate\",")
        .contains("\"items\":[{\"key\":\"ca.crt\",\"path\":\"ca.crt\"}]");
    assertThat(
            Chart.object(values, "NetworkPolicy", "shop-saviorrec")
                .at("/spec/ingress/0/from/1/podSelector/matchLabels")
                .toString())
        .contains("training");
  }
}
