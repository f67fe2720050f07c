package io.saviorrec.server.proof;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The rules and dashboards that the chart brings.
final class WatchFiles {
  private static final Path CHART = Path.of("..", "helm", "saviorrec");
  private static final Pattern LABEL_VALUES = Pattern.compile("label_values\\((.*), \\w+\\)");

  /// A query of Prometheus.
  ///
  /// @param place where it stands
  record Query(String place, String expr) {}

  /// An alert.
  record Alert(String name, String severity, JsonNode annotations) {}

  private WatchFiles() {}

  static List<Path> rules() throws IOException {
    return files("rules", ".yaml");
  }

  static List<Path> dashboards() throws IOException {
    return files("dashboards", ".json");
  }

  private static List<Path> files(String folder, String ending) throws IOException {
    try (Stream<Path> files = Files.list(CHART.resolve(folder))) {
      return files.filter(file -> file.toString().endsWith(ending)).sorted().toList();
    }
  }

  /// All rules, those that record and those that alert.
  private static List<JsonNode> allRules() throws IOException {
    List<JsonNode> all = new ArrayList<>();
    for (Path file : rules()) {
      for (JsonNode group : new YAMLMapper().readTree(file.toFile()).get("groups")) {
        group.get("rules").forEach(all::add);
      }
    }
    return all;
  }

  static List<Query> ruleQueries() throws IOException {
    return allRules().stream()
        .map(
            rule ->
                new Query(
                    rule.path("alert").asText(rule.path("record").asText()),
                    rule.get("expr").asText()))
        .toList();
  }

  /// The names of the series that rules record.
  static List<String> recorded() throws IOException {
    return allRules().stream()
        .filter(rule -> rule.has("record"))
        .map(rule -> rule.get("record").asText())
        .toList();
  }

  static List<Alert> alerts() throws IOException {
    return allRules().stream()
        .filter(rule -> rule.has("alert"))
        .map(
            rule ->
                new Alert(
                    rule.get("alert").asText(),
                    rule.get("labels").get("severity").asText(),
                    rule.get("annotations")))
        .toList();
  }

  /// What the panels, variables and annotations of the dashboards ask, with everything selected.
  static List<Query> dashboardQueries() throws IOException {
    List<Query> queries = new ArrayList<>();
    for (Path file : dashboards()) {
      JsonNode board = new ObjectMapper().readTree(file.toFile());
      String name = String.valueOf(file.getFileName());
      for (JsonNode panel : board.get("panels")) {
        String place = name + ": " + panel.get("title").asText();
        panel.path("targets").forEach(each -> queries.add(query(place, each.get("expr").asText())));
      }
      for (JsonNode each : board.get("annotations").get("list")) {
        queries.add(
            query(name + ": annotation " + each.get("name").asText(), each.get("expr").asText()));
      }
      for (JsonNode each : board.get("templating").get("list")) {
        if (each.get("type").asText().equals("query")) {
          String asked =
              LABEL_VALUES.matcher(each.get("query").get("query").asText()).replaceAll("$1");
          queries.add(query(name + ": variable " + each.get("name").asText(), asked));
        }
      }
    }
    return queries;
  }

  private static Query query(String place, String expr) {
    return new Query(
        place,
        expr.replaceAll("\\$(namespace|job|instance|model)\\b", ".*")
            .replace("$__rate_interval", PrometheusProcess.WINDOW)
            .replace("offset 1d", "offset " + PrometheusProcess.YESTERDAY));
  }
}
