package io.saviorrec.server.config;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Reads the configuration: the defaults, overridden by the YAML file, overridden by the
/// environment, overridden by the command line.
///
/// A key `server.handlerThreads` is `SAVIOR_SERVER_HANDLER_THREADS` in the environment; values
/// there are YAML too, so that maps can be given as `{a: b}`. Unknown keys and values out of range
/// are gathered and reported together.
public final class ConfigLoader {
  private static final String PREFIX = "SAVIOR_";
  private static final YAMLMapper YAML =
      YAMLMapper.builder().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION).build();

  private final SortedMap<String, RecordComponent> keys = RecordBinder.keys(ServerConfig.class);
  private final List<String> problems = new ArrayList<>();

  private ConfigLoader() {}

  /// Reads `file` (none: only defaults), the process's environment and `commandLine` (key → value).
  public static ServerConfig load(@Nullable Path file, Map<String, String> commandLine) {
    return load(file, System.getenv(), commandLine);
  }

  static ServerConfig load(
      @Nullable Path file, Map<String, String> environment, Map<String, String> commandLine) {
    ConfigLoader loader = new ConfigLoader();
    ObjectNode tree = file == null ? emptyTree() : loader.readFile(file);
    loader.addEnvironment(tree, environment);
    commandLine.forEach((key, value) -> loader.put(tree, key, value, "--" + key));
    RecordBinder binder = new RecordBinder(loader.problems);
    Object config = binder.bind("", ServerConfig.class, ServerConfig.DEFAULT, tree);
    if (!loader.problems.isEmpty() || config == null) {
      throw new ConfigException(loader.problems);
    }
    return (ServerConfig) config;
  }

  private ObjectNode readFile(Path file) {
    JsonNode tree;
    try {
      tree = YAML.readTree(Files.readString(file));
    } catch (NoSuchFileException e) {
      throw new ConfigException(List.of("no such configuration file: " + file));
    } catch (JsonProcessingException e) {
      throw new ConfigException(
          List.of(file + " is not YAML: " + firstLine(e.getOriginalMessage())));
    } catch (IOException e) {
      throw new ConfigException(List.of("cannot read configuration file " + file + ": " + e));
    }
    if (tree.isMissingNode() || tree.isNull()) {
      return emptyTree();
    }
    if (tree instanceof ObjectNode object) {
      return object;
    }
    throw new ConfigException(List.of(file + " must be a map of sections"));
  }

  private void addEnvironment(ObjectNode tree, Map<String, String> environment) {
    SortedMap<String, String> byName = new TreeMap<>();
    keys.keySet().forEach(key -> byName.put(environmentName(key), key));
    for (Map.Entry<String, String> variable : new TreeMap<>(environment).entrySet()) {
      String name = variable.getKey();
      String key = byName.get(name);
      if (key != null) {
        put(tree, key, variable.getValue(), name);
      } else if (namesSection(name)) {
        problems.add("unknown environment variable " + name);
      }
    }
  }

  /// Only names that begin like one of our sections are ours: other programs of the product read
  /// `SAVIOR_` variables of their own.
  private boolean namesSection(String name) {
    return keys.keySet().stream()
        .map(key -> PREFIX + key.substring(0, key.indexOf('.')).toUpperCase(Locale.ROOT) + "_")
        .anyMatch(name::startsWith);
  }

  private void put(ObjectNode tree, String key, String value, String source) {
    int dot = key.indexOf('.');
    String name = key.substring(0, dot);
    JsonNode section = tree.get(name);
    if (section != null && !section.isNull() && !section.isObject()) {
      // Not a map of settings, which is reported when the file is bound.
      return;
    }
    ObjectNode target = section instanceof ObjectNode object ? object : tree.putObject(name);
    try {
      target.set(key.substring(dot + 1), YAML.readTree(value));
    } catch (JsonProcessingException e) {
      problems.add(source + " is not YAML: " + firstLine(e.getOriginalMessage()));
    }
  }

  static String environmentName(String key) {
    return PREFIX
        + key.replaceAll("([a-z])([A-Z])", "$1_$2").replace('.', '_').toUpperCase(Locale.ROOT);
  }

  private static ObjectNode emptyTree() {
    return JsonNodeFactory.instance.objectNode();
  }

  private static String firstLine(String message) {
    return message.lines().findFirst().orElse("no reason given");
  }
}
