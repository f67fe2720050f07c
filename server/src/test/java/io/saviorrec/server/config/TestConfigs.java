package io.saviorrec.server.config;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Configurations for tests: everything small, ports free.
public final class TestConfigs {
  public static final int MAX_CANDIDATES = 12;

  private static final Map<String, String> SMALL =
      Map.ofEntries(
          Map.entry("server.host", "127.0.0.1"),
          Map.entry("server.port", "0"),
          Map.entry("server.handlerThreads", "2"),
          Map.entry("server.shutdownPause", "0s"),
          Map.entry("server.drainTimeout", "5s"),
          Map.entry("admin.host", "127.0.0.1"),
          Map.entry("admin.port", "0"),
          Map.entry("engine.threads", "2"),
          Map.entry("engine.queueCapacity", "4"),
          Map.entry("engine.batchRows", "1"),
          Map.entry("overload.latencyTarget", "10s"),
          Map.entry("engine.warmUpTime", "0s"),
          Map.entry("scoring.maxCandidates", Integer.toString(MAX_CANDIDATES)),
          Map.entry("items.stateCapacity", "10"),
          Map.entry("users.stateBytes", "100000"),
          Map.entry("items.representationCapacity", "10"),
          Map.entry("items.maxUpsertBatch", "6"),
          Map.entry("items.maxImageBytes", "50000"),
          Map.entry("items.maxTextChars", "100"),
          Map.entry("items.encodeBatch", "2"),
          Map.entry("items.encodeThreads", "1"),
          Map.entry("items.encodeQueueCapacity", "1"),
          Map.entry("models.pollInterval", "0s"));

  private TestConfigs() {}

  public static RoutingConfig defaultRouting() {
    return RoutingConfig.DEFAULT;
  }

  /// A routing of models by name alone.
  public static RoutingConfig routing(
      @Nullable String defaultModel, Map<String, String> buckets, Map<String, Integer> split) {
    return routing(defaultModel, buckets, split, Map.of());
  }

  /// The same with labels of one model's versions.
  public static RoutingConfig routing(
      @Nullable String defaultModel,
      Map<String, String> buckets,
      Map<String, Integer> split,
      Map<String, Map<String, Long>> labels) {
    RoutingConfig standard = RoutingConfig.DEFAULT;
    SortedMap<String, SortedMap<String, Long>> named = new TreeMap<>();
    labels.forEach((model, versions) -> named.put(model, new TreeMap<>(versions)));
    return new RoutingConfig(
        defaultModel,
        named,
        new TreeMap<>(buckets),
        new TreeMap<>(split),
        standard.salt(),
        standard.bucketFlag(),
        standard.splitFlag(),
        standard.shadow(),
        null);
  }

  /// Small but for these settings: key → value as in a file.
  public static ServerConfig small(Map<String, String> settings) {
    Map<String, String> all = new TreeMap<>(SMALL);
    all.putAll(settings);
    return ConfigLoader.load(null, Map.of(), all);
  }
}
