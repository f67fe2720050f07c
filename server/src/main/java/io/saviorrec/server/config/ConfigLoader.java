package io.saviorrec.server.config;

import io.saviorrec.config.ConfigException;
import io.saviorrec.config.Settings;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Reads the configuration: the defaults, overridden by the YAML file, overridden by the
/// environment, overridden by the command line.
///
/// A key `server.handlerThreads` is `SAVIOR_SERVER_HANDLER_THREADS` in the environment. Unknown
/// keys and values out of range are gathered and reported together.
public final class ConfigLoader {
  private static final String PREFIX = "SAVIOR_";
  private static final SortedSet<String> KEYS = Settings.keys(ServerConfig.class);

  private ConfigLoader() {}

  /// Reads `file` (none: only defaults), the process's environment and `commandLine` (key → value).
  ///
  /// @throws ConfigException with everything that is wrong
  public static ServerConfig load(@Nullable Path file, Map<String, String> commandLine) {
    return load(file, System.getenv(), commandLine);
  }

  static ServerConfig load(
      @Nullable Path file, Map<String, String> environment, Map<String, String> commandLine) {
    Settings<ServerConfig> settings = Settings.over(ServerConfig.class, ServerConfig.DEFAULT);
    if (file != null) {
      settings.file(file);
    }
    addEnvironment(settings, environment);
    commandLine.forEach((key, value) -> settings.set(key, value, "--" + key));
    return settings.bind();
  }

  private static void addEnvironment(
      Settings<ServerConfig> settings, Map<String, String> environment) {
    SortedMap<String, String> byName = new TreeMap<>();
    KEYS.forEach(key -> byName.put(environmentName(key), key));
    for (Map.Entry<String, String> variable : new TreeMap<>(environment).entrySet()) {
      String name = variable.getKey();
      String key = byName.get(name);
      if (key != null) {
        settings.set(key, variable.getValue(), name);
      } else if (namesSection(name)) {
        settings.problem("unknown environment variable " + name);
      }
    }
  }

  /// Only names that begin like one of our sections are ours: other programs of the product read
  /// `SAVIOR_` variables of their own.
  private static boolean namesSection(String name) {
    return KEYS.stream()
        .map(key -> PREFIX + key.substring(0, key.indexOf('.')).toUpperCase(Locale.ROOT) + "_")
        .anyMatch(name::startsWith);
  }

  static String environmentName(String key) {
    return PREFIX
        + key.replaceAll("([a-z])([A-Z])", "$1_$2").replace('.', '_').toUpperCase(Locale.ROOT);
  }
}
