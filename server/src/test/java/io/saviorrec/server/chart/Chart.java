package io.saviorrec.server.chart;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// The chart in `helm/saviorrec`, by Helm as it is published, from the folder that `tools.folder`
/// names.
final class Chart {
  static final Path FOLDER = Path.of("..", "helm", "saviorrec");
  private static final Path TOOLS = Path.of(System.getProperty("tools.folder", "/usr/local/bin"));

  /// Values of several servers.
  static final String REDIS = "items: {store: redis, redis: {address: \"redis:6379\"}}\n";

  private static final YAMLMapper YAML = new YAMLMapper();

  /// Helm asks no cluster for its version.
  private static final String KUBERNETES = "1.35.0";

  private Chart() {}

  /// What a program printed, and how it ended.
  record Run(int status, String printed) {
    String successful() {
      if (status != 0) {
        throw new AssertionError("status " + status + ": " + printed);
      }
      return printed;
    }
  }

  /// The values files that the tests render, which are examples too.
  static List<Path> valuesFiles() {
    try (Stream<Path> files = Files.list(FOLDER.resolve("ci"))) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path valuesFile(String name) {
    return FOLDER.resolve("ci").resolve(name + ".yaml");
  }

  /// Skips the test where the tool is missing.
  static Run tool(String name, String... arguments) {
    Path program = TOOLS.resolve(name);
    assumeTrue(Files.isExecutable(program), "needs " + name + "; .ci/tools installs it");
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    return run(command);
  }

  static Run run(List<String> command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Run(process.waitFor(), printed);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  static Run template(Path values) {
    return tool(
        "helm",
        "template",
        "shop",
        FOLDER.toString(),
        "--kube-version",
        KUBERNETES,
        "--namespace",
        "ranking",
        "-f",
        values.toString());
  }

  /// What is rendered with a values file.
  static List<JsonNode> objects(Path values) {
    return documents(template(values).successful());
  }

  static List<JsonNode> objects(Path values, String kind) {
    return objects(values).stream().filter(each -> kind(each).equals(kind)).toList();
  }

  static JsonNode object(Path values, String kind, String name) {
    return objects(values, kind).stream()
        .filter(each -> name(each).equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + kind + " " + name));
  }

  static String kind(JsonNode object) {
    return object.path("kind").asText();
  }

  static String name(JsonNode object) {
    return object.path("metadata").path("name").asText();
  }

  /// The pods that an object makes; none for most kinds.
  static List<JsonNode> pods(JsonNode object) {
    return switch (kind(object)) {
      case "Deployment", "StatefulSet" -> List.of(object.at("/spec/template"));
      case "CronJob" -> List.of(object.at("/spec/jobTemplate/spec/template"));
      default -> List.of();
    };
  }

  /// All containers of a pod, those that run first too.
  static List<JsonNode> containers(JsonNode pod) {
    List<JsonNode> containers = new ArrayList<>();
    pod.at("/spec/initContainers").forEach(containers::add);
    pod.at("/spec/containers").forEach(containers::add);
    return containers;
  }

  /// A values file in this folder.
  static Path values(Path folder, String yaml) throws IOException {
    return Files.writeString(Files.createTempFile(folder, "values", ".yaml"), yaml);
  }

  /// The server's container.
  static JsonNode server(Path values) {
    return objects(values).stream()
        .flatMap(each -> pods(each).stream())
        .findFirst()
        .orElseThrow()
        .at("/spec/containers/0");
  }

  /// The server's settings.
  static String config(Path values) {
    return object(values, "ConfigMap", "shop-saviorrec-config").at("/data/server.yaml").asText();
  }

  static List<String> names(JsonNode list) {
    List<String> names = new ArrayList<>();
    list.forEach(each -> names.add(each.path("name").asText()));
    return names;
  }

  static boolean fits(JsonNode selector, JsonNode labels) {
    return selector.properties().stream()
        .allMatch(each -> each.getValue().equals(labels.path(each.getKey())));
  }

  static JsonNode yaml(String text) {
    try {
      return YAML.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static JsonNode yaml(Path file) {
    try {
      return YAML.readTree(file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<JsonNode> documents(String text) {
    try (var read = YAML.readerFor(JsonNode.class).<JsonNode>readValues(text)) {
      return read.readAll().stream().filter(JsonNode::isObject).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
