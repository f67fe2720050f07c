package io.saviorrec.trainer.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.process.Launcher;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Bare modules in a process of their own, each measured when it is asked for.
final class ModuleProcess implements AutoCloseable {
  private final ObjectMapper json = new ObjectMapper();
  private final Launcher launcher;
  private final Process process;
  private final Path log;
  private final BufferedWriter out;
  private final BufferedReader in;

  private ModuleProcess(Launcher launcher, Process process, Path log) {
    this.launcher = launcher;
    this.process = process;
    this.log = log;
    this.out = process.outputWriter(StandardCharsets.UTF_8);
    this.in = process.inputReader(StandardCharsets.UTF_8);
  }

  static ModuleProcess start(Launcher launcher, Path log) {
    return new ModuleProcess(launcher, launcher.converse(List.of("module-bench"), log), log);
  }

  long pid() {
    return process.pid();
  }

  /// Loads a plain archive.
  ///
  /// @param kind `once`, `tiled` or `product`
  /// @param items rows of its table
  void open(String name, String kind, Path archive, int items) {
    ObjectNode line = json.createObjectNode();
    line.put("open", name).put("kind", kind).put("path", archive.toString()).put("items", items);
    require(line);
  }

  /// Loads a bundle as a server with these settings does; the reason when it cannot.
  Optional<String> openBundle(String name, Path bundle, Path config) {
    ObjectNode line = json.createObjectNode();
    line.put("open", name)
        .put("kind", "bundle")
        .put("path", bundle.toString())
        .put("config", config.toString());
    return Optional.ofNullable(ask(line).get("error")).map(JsonNode::asText);
  }

  /// CPU seconds of 1,000 candidates.
  double cost(String name, Shape shape, double seconds) {
    ObjectNode line = json.createObjectNode();
    line.put("measure", name)
        .put("candidates", shape.candidates())
        .put("history", shape.history())
        .put("seconds", seconds);
    return cost(line, shape.candidates());
  }

  /// CPU seconds of 1,000 rows of a matrix product.
  double product(int rows, int columns, boolean bf16, double seconds) {
    ObjectNode line = json.createObjectNode();
    line.put("measure", BenchBundles.PRODUCT)
        .put("candidates", rows)
        .put("width", columns)
        .put("bf16", bf16)
        .put("seconds", seconds);
    return cost(line, rows);
  }

  private double cost(ObjectNode line, int rows) {
    JsonNode answer = require(line);
    return answer.path("cpu_seconds").asDouble() / (answer.path("calls").asDouble() * rows) * 1000;
  }

  private JsonNode require(ObjectNode line) {
    JsonNode answer = ask(line);
    if (answer.has("error")) {
      throw new IllegalStateException("module-bench: " + answer.path("error").asText());
    }
    return answer;
  }

  private JsonNode ask(ObjectNode line) {
    try {
      out.write(json.writeValueAsString(line));
      out.newLine();
      out.flush();
      String answer = in.readLine();
      if (answer != null) {
        return json.readTree(answer);
      }
    } catch (IOException e) {
      throw new UserError("the process of bare modules ended; its last words are in " + log, e);
    }
    throw new UserError("the process of bare modules ended; its last words are in " + log);
  }

  @Override
  public void close() {
    launcher.stop(process);
  }
}
