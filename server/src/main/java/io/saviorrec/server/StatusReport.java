package io.saviorrec.server;

import io.saviorrec.server.admin.ServerStatus;
import io.saviorrec.server.admin.ServerStatus.LaneStatus;
import io.saviorrec.server.admin.ServerStatus.ModelStatus;
import io.saviorrec.server.admin.ServerStatus.RefusedStatus;
import io.saviorrec.server.admin.ServerStatus.Versions;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.config.RoutingConfig;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.registry.LiveModel;
import io.saviorrec.server.registry.LiveModels;
import io.saviorrec.server.registry.Registry;
import io.saviorrec.server.registry.Reloader;
import io.saviorrec.server.registry.SnapshotHandle;
import io.saviorrec.server.routing.Route;
import io.saviorrec.server.routing.Shadow;
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
        models(registry),
        reloader.refused().stream()
            .map(bad -> new RefusedStatus(bad.model(), bad.version(), bad.reason()))
            .toList(),
        reloader.problem());
  }

  /// Held, because a closed model's item table cannot be asked.
  private static List<ModelStatus> models(Registry registry) {
    try (SnapshotHandle live = registry.acquireAll()) {
      LiveModels models = live.models();
      return models.all().stream().map(model -> model(models, model)).toList();
    }
  }

  private static ModelStatus model(LiveModels models, LiveModel model) {
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
        routes(models, model));
  }

  private static List<String> routes(LiveModels models, LiveModel model) {
    List<String> routes = new ArrayList<>();
    RoutingConfig routing = models.routing();
    if (routing.split().isEmpty() && leadsTo(models.router().standard(), model)) {
      routes.add("default");
    }
    int all = routing.split().values().stream().mapToInt(Integer::intValue).sum();
    models
        .router()
        .experiments()
        .forEach(
            (name, route) -> {
              Integer share = routing.split().get(name);
              if (!leadsTo(route, model)) {
                return;
              }
              if (routing.buckets().containsKey(name)) {
                routes.add("bucket " + name);
              }
              if (share != null) {
                routes.add("split " + share + " of " + all);
              }
            });
    for (Shadow shadow : models.router().shadows()) {
      if (leadsTo(shadow.route(), model)) {
        routes.add("shadow " + shadow.share());
      }
    }
    return routes;
  }

  private static boolean leadsTo(Route route, LiveModel model) {
    return route.model().equals(model.model()) && route.version() == model.version();
  }
}
