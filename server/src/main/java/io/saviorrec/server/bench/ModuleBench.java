package io.saviorrec.server.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.saviorrec.bundle.BundleException;
import io.saviorrec.config.ConfigException;
import io.saviorrec.engine.InferenceException;
import io.saviorrec.server.config.ConfigLoader;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Modules that a caller opens and has measured in turns, by one JSON object a line in each
/// direction.
///
/// | line | what it does, and the answer |
/// |---|---|
/// | `{"open": NAME, "kind": "bundle", "path": …, "config": …}` | loads a bundle as a server with this file of settings (may be missing) does; `{}` |
/// | `{"open": NAME, "kind": "once" \| "tiled" \| "product", "path": …, "items": …}` | loads a plain archive; `{}` |
/// | `{"measure": NAME, "candidates": …, "history": …, "width": …, "bf16": …, "seconds": …}` | scores requests for so long, and one at least; `{"calls", "cpu_seconds", "wall_seconds"}` |
///
/// All work of a module is done in the thread that asks for it, and `cpu_seconds` are that
/// thread's: the system counts those of a process in hundredths of a second.
///
/// What fails is answered by `{"error": …}`. The end of the input ends it.
public final class ModuleBench implements AutoCloseable {
  private final ObjectMapper json = new ObjectMapper();
  private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
  private final Map<String, Subject> subjects = new HashMap<>();

  /// Answers line by line until there are no more.
  public void run(BufferedReader in, PrintStream out) throws IOException {
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      out.println(json.writeValueAsString(answer(line)));
      out.flush();
    }
  }

  private ObjectNode answer(String line) {
    try {
      JsonNode asked = json.readTree(line);
      if (asked.has("open")) {
        return open(asked);
      }
      return measure(asked);
    } catch (ConfigException e) {
      return error(String.join("; ", e.problems()));
    } catch (BundleException
        | InferenceException
        | IllegalArgumentException
        | JsonProcessingException e) {
      return error(String.valueOf(e.getMessage()));
    }
  }

  private ObjectNode error(String message) {
    return json.createObjectNode().put("error", message);
  }

  private ObjectNode open(JsonNode asked) {
    Path path = Path.of(asked.path("path").asText());
    String kind = asked.path("kind").asText();
    Subject subject =
        switch (kind) {
          case "bundle" -> BundleSubject.open(path, ConfigLoader.load(config(asked), Map.of()));
          case "once" -> new PlainSubject(path, asked.path("items").asInt(), false);
          case "tiled" -> new PlainSubject(path, asked.path("items").asInt(), true);
          case "product" -> new ProductSubject(path);
          default -> throw new IllegalArgumentException("there is no kind " + kind);
        };
    Subject before = subjects.put(asked.path("open").asText(), subject);
    if (before != null) {
      before.close();
    }
    return json.createObjectNode();
  }

  private static @Nullable Path config(JsonNode asked) {
    return asked.hasNonNull("config") ? Path.of(asked.path("config").asText()) : null;
  }

  private ObjectNode measure(JsonNode asked) {
    String name = asked.path("measure").asText();
    Subject subject = subjects.get(name);
    if (subject == null) {
      throw new IllegalArgumentException("no module " + name + " is open");
    }
    subject.prepare(
        new Shape(
            asked.path("candidates").asInt(1),
            asked.path("history").asInt(1),
            asked.path("width").asInt(1),
            asked.path("bf16").asBoolean()));
    long most = (long) (asked.path("seconds").asDouble() * 1e9);
    long calls = 0;
    long cpu = threads.getCurrentThreadCpuTime();
    long start = System.nanoTime();
    long wall;
    do {
      subject.score();
      calls++;
      wall = System.nanoTime() - start;
    } while (wall < most);
    cpu = threads.getCurrentThreadCpuTime() - cpu;
    return json.createObjectNode()
        .put("calls", calls)
        .put("cpu_seconds", cpu / 1e9)
        .put("wall_seconds", wall / 1e9);
  }

  @Override
  public void close() {
    subjects.values().forEach(Subject::close);
    subjects.clear();
  }
}
