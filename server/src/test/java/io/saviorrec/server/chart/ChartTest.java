package io.saviorrec.server.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.saviorrec.config.Settings;
import io.saviorrec.server.config.ConfigLoader;
import io.saviorrec.server.config.RoutingConfig;
import io.saviorrec.server.config.ServerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Whether Kubernetes and the server take what the chart makes of each values file.
@Timeout(120)
class ChartTest {
  private static final String REDIS = "items: {store: redis, redis: {address: \"redis:6379\"}}\n";

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

  @Test
  void theSchemaKnowsEverySettingOfTheServerAndNoOther() {
    JsonNode schema = Chart.yaml(Chart.FOLDER.resolve("values.schema.json"));
    NavigableSet<String> known = new TreeSet<>();
    collect("", schema.at("/definitions/config"), known);
    NavigableSet<String> routing = new TreeSet<>();
    collect("routing", schema.at("/properties/routing"), routing);
    known.remove("routing");
    known.addAll(routing);
    known.add("routing.file");

    assertThat(known).isEqualTo(Settings.keys(ServerConfig.class));
  }

  private static void collect(String path, JsonNode schema, NavigableSet<String> keys) {
    schema
        .path("properties")
        .properties()
        .forEach(
            each -> {
              String key = path.isEmpty() ? each.getKey() : path + "." + each.getKey();
              if (each.getValue().has("properties")) {
                collect(key, each.getValue(), keys);
              } else {
                keys.add(key);
              }
            });
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

  @ParameterizedTest
  @MethodSource("valuesFiles")
  void everyMountHasItsVolumeAndEveryVolumeAMount(Path values) {
    for (JsonNode object : Chart.objects(values)) {
      for (JsonNode pod : Chart.pods(object)) {
        NavigableSet<String> volumes = new TreeSet<>(names(pod.at("/spec/volumes")));
        object.at("/spec/volumeClaimTemplates").forEach(each -> volumes.add(Chart.name(each)));
        NavigableSet<String> mounts = new TreeSet<>();
        for (JsonNode container : Chart.containers(pod)) {
          mounts.addAll(names(container.path("volumeMounts")));
        }
        assertThat(mounts).as(Chart.name(object)).isEqualTo(volumes);
      }
    }
  }

  private static List<String> names(JsonNode list) {
    List<String> names = new ArrayList<>();
    list.forEach(each -> names.add(each.path("name").asText()));
    return names;
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
              .filter(pod -> fits(service.at("/spec/selector"), pod.at("/metadata/labels")))
              .toList();
      assertThat(chosen).as(Chart.name(service)).isNotEmpty();
      assertThat(names(chosen.getFirst().at("/spec/containers/0/ports")))
          .contains(service.at("/spec/ports/0/targetPort").asText());
    }
  }

  private static boolean fits(JsonNode selector, JsonNode labels) {
    return selector.properties().stream()
        .allMatch(each -> each.getValue().equals(labels.path(each.getKey())));
  }

  @ParameterizedTest
  @MethodSource("valuesFiles")
  void prometheusScrapesEachPodOnce(Path values) {
    for (JsonNode monitor : Chart.objects(values, "ServiceMonitor")) {
      assertThat(Chart.objects(values, "Service"))
          .filteredOn(
              service ->
                  fits(monitor.at("/spec/selector/matchLabels"), service.at("/metadata/labels")))
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
                  fits(
                      workload.at("/spec/selector/matchLabels"),
                      other.at("/spec/template/metadata/labels")))
          .containsExactly(workload);
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
  void rocksdbGetsAVolumeForEachPodAndRedisPodsThatComeAndGo() {
    JsonNode rocksdb = Chart.object(Chart.valuesFile("minimal"), "StatefulSet", "shop-saviorrec");
    JsonNode redis = Chart.object(Chart.valuesFile("gpu"), "Deployment", "shop-saviorrec");

    assertThat(rocksdb.at("/spec/replicas").asInt()).isEqualTo(1);
    assertThat(rocksdb.at("/spec/serviceName").asText()).isEqualTo("shop-saviorrec-headless");
    assertThat(rocksdb.at("/spec/volumeClaimTemplates/0/metadata/name").asText())
        .isEqualTo("items");
    assertThat(names(redis.at("/spec/template/spec/volumes"))).contains("items");
    assertThat(Chart.objects(Chart.valuesFile("minimal"), "Deployment")).isEmpty();
    assertThat(Chart.objects(Chart.valuesFile("gpu"), "StatefulSet")).isEmpty();
  }

  @Test
  void aServerThatIsNotReadyIsNotRestarted() {
    JsonNode plain = server(Chart.valuesFile("minimal"));
    JsonNode encrypted = server(Chart.valuesFile("tls-access"));

    assertThat(plain.at("/livenessProbe/grpc/service").asText()).isEqualTo("live");
    assertThat(plain.at("/readinessProbe/grpc/service").asText()).isEqualTo("saviorrec.v1.Scoring");
    assertThat(plain.at("/startupProbe/grpc/service").asText()).isEqualTo("saviorrec.v1.Scoring");
    // The kubelet's gRPC probes speak no TLS.
    assertThat(encrypted.at("/livenessProbe/httpGet/path").asText()).isEqualTo("/healthz");
    assertThat(encrypted.at("/readinessProbe/httpGet/path").asText()).isEqualTo("/readyz");
    assertThat(encrypted.at("/readinessProbe/httpGet/scheme").asText()).isEqualTo("HTTPS");
  }

  private static JsonNode server(Path values) {
    return Chart.objects(values).stream()
        .flatMap(each -> Chart.pods(each).stream())
        .findFirst()
        .orElseThrow()
        .at("/spec/containers/0");
  }

  @Test
  void withoutALimitTheJvmCountsTheCoresOfTheRequest() {
    assertThat(environment(server(Chart.valuesFile("redis-ha")), "SAVIOR_JAVA_OPTS"))
        .isEqualTo("-XX:ActiveProcessorCount=$(REQUESTED_CORES) -XX:+UseZGC");
    assertThat(environment(server(Chart.valuesFile("gpu")), "SAVIOR_JAVA_OPTS")).isEmpty();
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

    assertThat(server(values).at("/resources/limits/nvidia.com~1gpu").asInt()).isEqualTo(1);
    assertThat(config(values)).contains("device: gpu:0");
    // Without, a default runtime might show the GPUs of others.
    assertThat(config(Chart.valuesFile("minimal"))).contains("device: cpu");
  }

  private static String config(Path values) {
    return Chart.object(values, "ConfigMap", "shop-saviorrec-config")
        .at("/data/server.yaml")
        .asText();
  }

  @Test
  void settingsReplacePodsAndRoutingDoesNot() throws IOException {
    Path plain = values("items: {store: rocksdb}");
    Path routed = values("routing: {labels: {saviorrec: {stable: 3}}}");
    Path set = values("config: {oip: {enabled: false}}");

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
  void aCanaryStandsBehindTheSameServiceWithItsOwnImageAndSettings() {
    Path values = Chart.valuesFile("canary");
    JsonNode canary = Chart.object(values, "Deployment", "shop-saviorrec-canary");
    JsonNode service = Chart.object(values, "Service", "shop-saviorrec");

    assertThat(canary.at("/spec/template/spec/containers/0/image").asText())
        .isEqualTo("saviorrec:0.2.0");
    assertThat(fits(service.at("/spec/selector"), canary.at("/spec/template/metadata/labels")))
        .isTrue();
    assertThat(
            Chart.object(values, "ConfigMap", "shop-saviorrec-canary-config")
                .at("/data/server.yaml")
                .asText())
        .contains("precision: fp32");
    assertThat(config(values)).doesNotContain("precision");
  }

  @Test
  void aRolloutMayBeToldInShares() throws IOException {
    Path values = values(REDIS + "rollout: {maxSurge: 25%}");

    assertThat(
            Chart.object(values, "Deployment", "shop-saviorrec")
                .at("/spec/strategy/rollingUpdate/maxSurge")
                .asText())
        .isEqualTo("25%");
  }

  @Test
  void theTracesOfACanaryReachACollectorOfItsOwn() throws IOException {
    Path values =
        values(
            REDIS
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
        values(
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

  @Test
  void everyValueIsDocumented() throws IOException {
    Pattern name = Pattern.compile("`([A-Za-z.]+)`");
    NavigableSet<String> documented = new TreeSet<>();
    for (String line : Files.readAllLines(Chart.FOLDER.resolve("README.md"))) {
      if (line.startsWith("| `")) {
        Matcher key = name.matcher(line.substring(0, line.indexOf('|', 1)));
        key.results().forEach(each -> documented.add(each.group(1)));
      }
    }
    NavigableSet<String> missing = new TreeSet<>();
    leaves("", Chart.yaml(Chart.FOLDER.resolve("values.yaml")))
        .filter(key -> prefixes(key).noneMatch(documented::contains))
        .forEach(missing::add);

    assertThat(missing).isEmpty();
  }

  private static Stream<String> leaves(String path, JsonNode node) {
    if (!node.isObject() || node.isEmpty()) {
      return Stream.of(path);
    }
    return node.properties().stream()
        .flatMap(
            each ->
                leaves(
                    path.isEmpty() ? each.getKey() : path + "." + each.getKey(), each.getValue()));
  }

  /// `a.b.c`, `a.b` and `a`.
  private static Stream<String> prefixes(String key) {
    return Stream.iterate(
        key,
        each -> !each.isEmpty(),
        each -> each.substring(0, Math.max(0, each.lastIndexOf('.'))));
  }

  @Test
  void theApplicationIsOfTheProjectsVersion() throws IOException {
    String pom = Files.readString(Path.of("..", "pom.xml"));
    String version = Chart.yaml(Chart.FOLDER.resolve("Chart.yaml")).path("appVersion").asText();

    assertThat(pom).contains("<artifactId>saviorrec</artifactId>\n  <version>" + version + "<");
  }

  private Path values(String yaml) throws IOException {
    return Files.writeString(Files.createTempFile(folder, "values", ".yaml"), yaml);
  }

  static Stream<List<String>> mistakes() {
    return Mistakes.ALL.entrySet().stream().map(each -> List.of(each.getKey(), each.getValue()));
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void whatCannotWorkIsRefusedByName(List<String> mistake) throws IOException {
    Chart.Run run = Chart.template(values(mistake.getFirst()));

    assertThat(run.status()).as(run.printed()).isNotZero();
    assertThat(run.printed().lines().collect(Collectors.joining(" "))).contains(mistake.getLast());
  }
}
