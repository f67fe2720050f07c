package io.saviorrec.server.proof;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// A Prometheus of a test's own, which scrapes every second and has the chart's rules with short
/// windows: what takes minutes or days there takes seconds here, and nothing has to last.
final class PrometheusProcess implements AutoCloseable {
  /// A window of minutes.
  static final String WINDOW = "8s";

  /// A window of hours or days.
  private static final String LONG_WINDOW = "60s";

  /// How long ago what is compared with yesterday was.
  static final String YESTERDAY = "20s";

  private static final Duration START = Duration.ofSeconds(60);

  private final Process process;
  private final Path folder;
  private final URI address;
  private final HttpClient http = HttpClient.newHttpClient();
  private final ObjectMapper json = new ObjectMapper();
  private final SortedMap<String, Integer> targets = new TreeMap<>();

  private PrometheusProcess(Process process, Path folder, URI address) {
    this.process = process;
    this.folder = folder;
    this.address = address;
  }

  /// Starts one that scrapes nothing yet; skips the test where there is none.
  static PrometheusProcess start(Path folder) throws IOException {
    Path program = OutsideTool.require("prometheus");
    Files.createDirectories(folder);
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    List<String> rules = new ArrayList<>();
    for (Path file : WatchFiles.rules()) {
      Path quick = folder.resolve(String.valueOf(file.getFileName()));
      Files.writeString(quick, quick(Files.readString(file)));
      rules.add(quick.toAbsolutePath().toString());
    }
    Path targets = folder.resolve("targets.json").toAbsolutePath();
    Files.writeString(targets, "[]");
    Path config = folder.resolve("prometheus.yaml");
    Files.writeString(
        config,
        """
        global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
        rule_files: %s
        scrape_configs:
          - job_name: saviorrec
            file_sd_configs: [{files: ["%s"], refresh_interval: 1s}]
        """
            .formatted(new ObjectMapper().writeValueAsString(rules), targets));
    String listen = "127.0.0.1:" + port;
    Process process =
        new ProcessBuilder(
                program.toString(),
                "--config.file=" + config,
                "--storage.tsdb.path=" + folder.resolve("data"),
                "--web.listen-address=" + listen,
                "--log.level=warn")
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("output").toFile())
            .start();
    PrometheusProcess prometheus =
        new PrometheusProcess(process, folder, URI.create("http://" + listen));
    if (!Eventually.within(START, prometheus::ready)) {
      prometheus.close();
      throw new IllegalStateException(
          "Prometheus did not start: " + Files.readString(folder.resolve("output")));
    }
    return prometheus;
  }

  /// The same rules, with short windows and without waiting.
  private static String quick(String rules) {
    return rules
        .replaceAll("\\[\\d+m]", "[" + WINDOW + "]")
        .replaceAll("\\[\\d+[hd]]", "[" + LONG_WINDOW + "]")
        .replaceAll("offset \\d+[smhd]", "offset " + YESTERDAY)
        .replaceAll("(?m)^( +for:) \\d+[smhd]$", "$1 0s");
  }

  private boolean ready() {
    try {
      return get("/-/ready").statusCode() == 200;
    } catch (IOException _) {
      return false;
    }
  }

  /// Scrapes a server under this name from now on, in place of one that had the name before.
  void scrape(String instance, ServerProcess server) throws IOException {
    targets.put(instance, server.adminPort());
    List<Map<String, Object>> groups = new ArrayList<>();
    targets.forEach(
        (name, port) ->
            groups.add(
                Map.of(
                    "targets",
                    List.of("127.0.0.1:" + port),
                    "labels",
                    Map.of("instance", name, "namespace", "shop"))));
    Path next = folder.resolve("targets.next");
    json.writeValue(next.toFile(), groups);
    Files.move(next, folder.resolve("targets.json"), StandardCopyOption.REPLACE_EXISTING);
  }

  /// The samples that a query finds now.
  ///
  /// @throws IllegalStateException when Prometheus does not take the query
  List<JsonNode> query(String expr) {
    try {
      JsonNode answer =
          json.readTree(
              get("/api/v1/query?query=" + URLEncoder.encode(expr, StandardCharsets.UTF_8)).body());
      if (!answer.path("status").asText().equals("success")) {
        throw new IllegalStateException(expr + ": " + answer.path("error").asText());
      }
      List<JsonNode> samples = new ArrayList<>();
      answer.get("data").get("result").forEach(samples::add);
      return samples;
    } catch (IOException e) {
      throw new IllegalStateException(expr, e);
    }
  }

  /// Why pages of servers were not taken, one line each.
  List<String> scrapeErrors() throws IOException {
    List<String> errors = new ArrayList<>();
    for (JsonNode target :
        json.readTree(get("/api/v1/targets").body()).get("data").get("activeTargets")) {
      String error = target.get("lastError").asText();
      if (!error.isEmpty()) {
        errors.add(target.get("labels").get("instance").asText() + ": " + error);
      }
    }
    return errors;
  }

  /// What is wrong with the rules, one line each.
  List<String> ruleErrors() throws IOException {
    List<String> errors = new ArrayList<>();
    for (JsonNode group : json.readTree(get("/api/v1/rules").body()).get("data").get("groups")) {
      for (JsonNode rule : group.get("rules")) {
        if (!rule.get("health").asText().equals("ok")) {
          errors.add(
              rule.get("name").asText()
                  + ": "
                  + rule.get("health").asText()
                  + " "
                  + rule.path("lastError").asText());
        }
      }
    }
    return errors;
  }

  private HttpResponse<String> get(String path) throws IOException {
    try {
      return http.send(
          HttpRequest.newBuilder(address.resolve(path)).build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    http.close();
    process.destroyForcibly();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
