package io.saviorrec.server;

import io.saviorrec.server.admin.ServerStatus;
import io.saviorrec.server.admin.ServerStatus.LaneStatus;
import io.saviorrec.server.admin.ServerStatus.ModelStatus;
import io.saviorrec.server.admin.ServerStatus.RefusedStatus;
import io.saviorrec.server.admin.ServerStatus.Versions;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.registry.LiveModel;
import io.saviorrec.server.registry.LiveModels;
import io.saviorrec.server.registry.Registry;
import io.saviorrec.server.registry.Reloader;
import io.saviorrec.server.registry.SnapshotHandle;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Gathers what the server says of itself from its parts.
final class StatusReport {
  private StatusReport() {}

  /// @param versions what is served and what is not
  /// @param lanes by their names
  static ServerStatus of(
      ServerConfig config, int grpcPort, Versions versions, Map<String, Lane> lanes) {
    List<LaneStatus> queues = new ArrayList<>();
    new TreeMap<>(lanes)
        .descendingMap()
        .forEach(
            (name, lane) ->
                queues.add(new LaneStatus(name, lane.queued(), lane.running(), lane.threads())));
    return new ServerStatus(
        Duration.ofMillis(ManagementFactory.getRuntimeMXBean().getUptime()),
        config.server().host() + ":" + grpcPort,
        queues,
        versions);
  }

  static Versions versions(ServerConfig config, Registry registry, Reloader reloader) {
    return new Versions(
        models(config.routing(), registry),
        reloader.refused().stream()
            .map(bad -> new RefusedStatus(bad.model(), bad.version(), bad.reason()))
            .toList(),
        reloader.problem());
  }

  /// Held, because a closed model's item table cannot be asked.
  private static List<ModelStatus> models(ServerConfig.Routing routing, Registry registry) {
    try (SnapshotHandle live = registry.acquireAll()) {
      LiveModels models = live.models();
      return models.all().stream().map(model -> model(routing, models, model)).toList();
    }
  }

  private static ModelStatus model(
      ServerConfig.Routing routing, LiveModels models, LiveModel model) {
    return new ModelStatus(
        model.model(),
        model.version(),
        model.variant(),
        models.labels(model.model()).entrySet().stream()
            .filter(label -> label.getValue() == model.version())
            .map(Map.Entry::getKey)
            .toList(),
        model.manifest().lineage().dataSet(),
        model.manifest().createdAt(),
        model.items().trainedItems(),
        model.states().items().cached(),
        routes(routing, models, model.model()));
  }

  private static List<String> routes(
      ServerConfig.Routing routing, LiveModels models, String model) {
    List<String> routes = new ArrayList<>();
    if (routing.split().isEmpty() && models.router().defaultModel().equals(model)) {
      routes.add("default");
    }
    routing.buckets().entrySet().stream()
        .filter(bucket -> bucket.getValue().equals(model))
        .forEach(bucket -> routes.add("bucket " + bucket.getKey()));
    Integer share = routing.split().get(model);
    if (share != null) {
      int all = routing.split().values().stream().mapToInt(Integer::intValue).sum();
      routes.add("split " + share + " of " + all);
    }
    return routes;
  }
}
