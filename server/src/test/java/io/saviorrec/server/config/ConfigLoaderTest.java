package io.saviorrec.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.config.ConfigException;
import io.saviorrec.config.Settings;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigLoaderTest {
  private static final String SECTIONS =
      Stream.of(ServerConfig.class.getRecordComponents())
          .map(RecordComponent::getName)
          .collect(Collectors.joining(", "));

  private static final SortedSet<String> KEYS = Settings.keys(ServerConfig.class);

  /// One value for every key, none of them the default.
  private static final Map<String, String> OTHER_VALUES =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("server.host", "127.0.0.1"),
              Map.entry("server.port", "1"),
              Map.entry("server.handlerThreads", "999"),
              Map.entry("server.shutdownPause", "1s"),
              Map.entry("server.drainTimeout", "250ms"),
              Map.entry("admin.host", "localhost"),
              Map.entry("admin.port", "2"),
              Map.entry("admin.tls", "true"),
              Map.entry("admin.explore", "shop"),
              Map.entry("tls.certificates", "/c.pem"),
              Map.entry("tls.key", "/k.pem"),
              Map.entry("tls.clientAuthorities", "/a.pem"),
              Map.entry("tls.clientCertificates", "required"),
              Map.entry("tls.reloadInterval", "1s"),
              Map.entry("access.tokens", "/tokens"),
              Map.entry("access.certificates", "{'dns:feed': 'score, write'}"),
              Map.entry("health.failuresInRow", "5"),
              Map.entry("health.probeInterval", "20ms"),
              Map.entry("connections.most", "20"),
              Map.entry("connections.callsEach", "21"),
              Map.entry("connections.headerBytes", "2222"),
              Map.entry("connections.windowBytes", "2323"),
              Map.entry("connections.handshakeTimeout", "24s"),
              Map.entry("connections.permittedPing", "25s"),
              Map.entry("connections.pingAfter", "26s"),
              Map.entry("connections.pingTimeout", "27s"),
              Map.entry("connections.maxIdle", "28s"),
              Map.entry("connections.maxAge", "29s"),
              Map.entry("connections.ageGrace", "30s"),
              Map.entry("limits.inFlightBytes", "3000001"),
              Map.entry("limits.connectionBytes", "3000002"),
              Map.entry("limits.scoreBytes", "3003"),
              Map.entry("limits.upsertBytes", "3004"),
              Map.entry("limits.lookupBytes", "3005"),
              Map.entry("limits.history", "36"),
              Map.entry("limits.mapEntries", "37"),
              Map.entry("limits.requestIdChars", "38"),
              Map.entry("limits.longestCall", "39s"),
              Map.entry("limits.streams", "40"),
              Map.entry("engine.device", "gpu:1"),
              Map.entry("engine.precision", "bf16"),
              Map.entry("engine.threads", "998"),
              Map.entry("engine.intraOpThreads", "997"),
              Map.entry("engine.queueCapacity", "7"),
              Map.entry("engine.batchRows", "3"),
              Map.entry("engine.warmUpTime", "3s"),
              Map.entry("scoring.maxCandidates", "9"),
              Map.entry("scoring.maxUsers", "5"),
              Map.entry("scoring.futureClicks", "refuse"),
              Map.entry("scoring.strictColumns", "true"),
              Map.entry("items.stateCapacity", "10"),
              Map.entry("items.representationCapacity", "11"),
              Map.entry("items.storeDirectory", "/somewhere"),
              Map.entry("items.store", "redis"),
              Map.entry("items.redis.address", "redis:24"),
              Map.entry("items.redis.tls", "true"),
              Map.entry("items.redis.authorities", "/r.pem"),
              Map.entry("items.redis.user", "u"),
              Map.entry("items.redis.passwordFile", "/p"),
              Map.entry("items.redis.keyPrefix", "k"),
              Map.entry("items.redis.timeout", "31ms"),
              Map.entry("items.redis.waitReplicas", "25"),
              Map.entry("items.maxUpsertBatch", "12"),
              Map.entry("items.maxStatsBatch", "26"),
              Map.entry("items.maxImageBytes", "13"),
              Map.entry("items.maxImageSide", "19"),
              Map.entry("items.maxImagePixels", "20"),
              Map.entry("items.imageTimeout", "21ms"),
              Map.entry("items.maxTextChars", "14"),
              Map.entry("items.encodeBatch", "15"),
              Map.entry("items.encodeThreads", "17"),
              Map.entry("items.encodeQueueCapacity", "18"),
              Map.entry("items.minFreeBytes", "22"),
              Map.entry("users.stateBytes", "23"),
              Map.entry("bundles.trustedKeys", "/keys"),
              Map.entry("bundles.watchInterval", "23ms"),
              Map.entry("models.keepVersions", "3"),
              Map.entry("models.pollInterval", "24s"),
              Map.entry("models.strict", "true"),
              Map.entry("logging.format", "json"),
              Map.entry("logging.level", "debug"),
              Map.entry("tracing.endpoint", "http://collector:4318/v1/traces"),
              Map.entry("tracing.sampleRatio", "0.5"),
              Map.entry("capture.directory", "/slow"),
              Map.entry("capture.slowerThan", "19ms"),
              Map.entry("capture.keepFiles", "20"),
              Map.entry("capture.keepBytes", "4096"),
              Map.entry("routing.defaultModel", "m"),
              Map.entry("routing.buckets", "{b: m}"),
              Map.entry("routing.split", "{m: 90, n: 10}"),
              Map.entry("routing.labels", "{m: {stable: 3}}"),
              Map.entry("routing.salt", "winter"),
              Map.entry("routing.bucketFlag", "cell"),
              Map.entry("routing.splitFlag", "household"),
              Map.entry("routing.shadow", "{m@canary: 0.1}"),
              Map.entry("routing.file", "/routing.yaml"),
              Map.entry("oip.enabled", "false"),
              Map.entry("exposures.directory", "/exposures"),
              Map.entry("exposures.sampleRatio", "0.5"),
              Map.entry("exposures.queueCapacity", "99"),
              Map.entry("exposures.rotateBytes", "98000"),
              Map.entry("exposures.rotateInterval", "97s"),
              Map.entry("exposures.keepFiles", "96"),
              Map.entry("exposures.keepBytes", "9500000"),
              Map.entry("overload.latencyTarget", "30ms"),
              Map.entry("overload.queueTime", "40ms"),
              Map.entry("overload.shortHistoryAfter", "0.3"),
              Map.entry("overload.historyShare", "0.1"),
              Map.entry("overload.baseScoreAfter", "1")));

  @TempDir private Path directory;

  @Test
  void hasADefaultForEveryKey() {
    assertThat(ConfigLoader.load(null, Map.of(), Map.of())).isEqualTo(ServerConfig.DEFAULT);
  }

  @Test
  void mapsEveryKeyFromTheFile() throws IOException {
    StringBuilder yaml = new StringBuilder();
    String section = "";
    String within = "";
    for (Map.Entry<String, String> entry : OTHER_VALUES.entrySet()) {
      String[] key = entry.getKey().split("\\.", -1);
      if (!key[0].equals(section)) {
        section = key[0];
        yaml.append(section).append(":\n");
      }
      if (key.length > 2 && !key[1].equals(within)) {
        within = key[1];
        yaml.append("  ").append(within).append(":\n");
      }
      yaml.append("  ".repeat(key.length - 1)).append(key[key.length - 1]);
      yaml.append(": ").append(entry.getValue()).append('\n');
    }

    assertEveryKeyIsOther(load(yaml.toString(), Map.of()));
  }

  @Test
  void mapsEveryKeyFromTheEnvironment() {
    Map<String, String> environment = new TreeMap<>();
    OTHER_VALUES.forEach((key, value) -> environment.put(ConfigLoader.environmentName(key), value));

    assertEveryKeyIsOther(ConfigLoader.load(null, environment, Map.of()));
    assertThat(environment).containsKeys("SAVIOR_SERVER_PORT", "SAVIOR_ITEMS_MAX_UPSERT_BATCH");
  }

  private static void assertEveryKeyIsOther(ServerConfig config) {
    assertThat(OTHER_VALUES).containsOnlyKeys(KEYS);
    String described = config.describe() + " ";
    String defaults = ServerConfig.DEFAULT.describe() + " ";
    for (String key : KEYS) {
      assertThat(value(described, key)).isNotEqualTo(value(defaults, key));
    }
    assertThat(config.server().drainTimeout()).isEqualTo(Duration.ofMillis(250));
    assertThat(config.routing().split()).isEqualTo(Map.of("m", 90, "n", 10));
    assertThat(config.items().storeDirectory()).isEqualTo("/somewhere");
  }

  private static String value(String described, String key) {
    int start = described.indexOf(key + "=");
    assertThat(start).as(key).isNotNegative();
    int next = described.length();
    for (String other : KEYS) {
      int at = described.indexOf(" " + other + "=", start);
      next = at < 0 ? next : Math.min(next, at);
    }
    return described.substring(start, next);
  }

  @Test
  void documentsEveryKey() throws IOException {
    String docs = Files.readString(Path.of("..", "docs", "CONFIG.md"));
    for (String key : KEYS) {
      assertThat(docs).contains("| `" + key + "` |");
    }
  }

  @Test
  void theCommandLineWinsOverTheEnvironmentAndThatOverTheFile() throws IOException {
    ServerConfig config =
        ConfigLoader.load(
            file("server: {port: 1, host: a}\nadmin: {port: 4}"),
            Map.of("SAVIOR_SERVER_PORT", "2", "SAVIOR_ADMIN_PORT", "5"),
            Map.of("server.port", "3"));

    assertThat(config.server().port()).isEqualTo(3);
    assertThat(config.server().host()).isEqualTo("a");
    assertThat(config.admin().port()).isEqualTo(5);
  }

  @Test
  void reportsAllProblemsTogether() {
    assertThatThrownBy(
            () ->
                load(
                    """
                    servr: {port: 1}
                    server: {prot: 1}
                    admin: {port: 70000}
                    engine: {threads: many}
                    server2: 3
                    routing: {split: {a: -1}}
                    items: 5
                    """,
                    Map.of(
                        "SAVIOR_ITEMS_ENCODE_BATCH",
                        "3",
                        "SAVIOR_ENGINE_THREAD",
                        "1",
                        "SAVIOR_OTHER_PROGRAM",
                        "1")))
        .isInstanceOfSatisfying(
            ConfigException.class,
            e ->
                assertThat(e.problems())
                    .containsExactlyInAnyOrder(
                        "unknown environment variable SAVIOR_ENGINE_THREAD",
                        "unknown key servr (known here: " + SECTIONS + ")",
                        "unknown key server2 (known here: " + SECTIONS + ")",
                        "unknown key server.prot (known here: host, port, handlerThreads,"
                            + " shutdownPause, drainTimeout)",
                        "admin.port must be in [0, 65535], was 70000",
                        "engine.threads must be a whole number, was \"many\"",
                        "routing.split.a must be in [0, 1000000], was -1",
                        "items must be a map of settings, was 5"));
  }

  @Test
  void refusesAFileThatIsMissingOrNotYaml() {
    assertThatThrownBy(() -> ConfigLoader.load(directory.resolve("no.yaml"), Map.of(), Map.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("no such file");
    assertThatThrownBy(() -> load("server: {port: ", Map.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("is not YAML");
    assertThatThrownBy(() -> load("server: {port: 1}\nserver: {port: 2}", Map.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("Duplicate field 'server'");
    assertThatThrownBy(() -> load("just text", Map.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("must be a map of sections");
  }

  @Test
  void refusesSettingsOfTlsAndAccessThatCannotWorkTogether() {
    assertThatThrownBy(
            () ->
                load(
                    """
                    admin: {tls: true}
                    access: {certificates: {'dns:feed': score}}
                    """,
                    Map.of()))
        .isInstanceOfSatisfying(
            ConfigException.class,
            e ->
                assertThat(e.problems())
                    .containsExactly(
                        "tls.clientCertificates must be optional or required where"
                            + " access.certificates names callers, was \"none\"",
                        "admin.tls must be false without tls.certificates, was true"));
    assertThatThrownBy(
            () ->
                load(
                    """
                    tls: {certificates: c, clientCertificates: required}
                    access: {certificates: {feed: score, 'dns:feed': read}}
                    """,
                    Map.of()))
        .isInstanceOfSatisfying(
            ConfigException.class,
            e ->
                assertThat(e.problems())
                    .containsExactly(
                        "tls.key must be given together with tls.certificates, was \"absent\"",
                        "tls.clientCertificates must be none without tls.certificates and"
                            + " tls.clientAuthorities, was \"required\"",
                        "access.certificates.dns:feed must name rights, which are score, choose, write"
                            + " and administer, was \"read\"",
                        "access.certificates must have patterns that begin with subject:, dns:,"
                            + " uri: or email:, was \"feed\""));
  }

  @Test
  void refusesDurationsWithoutAUnit() {
    assertThatThrownBy(() -> load("server: {drainTimeout: 10}", Map.of()))
        .hasMessage("server.drainTimeout must be a number with a unit (250ms, 10s, 2m), was 10");
  }

  @Test
  void durationsMayBeHours() {
    assertThat(TestConfigs.small(Map.of("connections.maxAge", "2h")).connections().maxAge())
        .isEqualTo(Duration.ofHours(2));
  }

  @Test
  void anEmptyFileIsAllDefaults() throws IOException {
    assertThat(load("# nothing\n", Map.of())).isEqualTo(ServerConfig.DEFAULT);
  }

  private ServerConfig load(String yaml, Map<String, String> environment) throws IOException {
    return ConfigLoader.load(file(yaml), environment, Map.of());
  }

  private Path file(@Nullable String yaml) throws IOException {
    return Files.writeString(directory.resolve("config.yaml"), String.valueOf(yaml));
  }
}
