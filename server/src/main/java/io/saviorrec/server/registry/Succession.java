package io.saviorrec.server.registry;

import io.saviorrec.config.ConfigException;
import io.saviorrec.server.config.RoutingConfig;
import io.saviorrec.server.routing.Router;
import java.util.List;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The versions that are to be live after one look: those that are, and those that are opened for
/// it. Owned by one thread.
final class Succession {
  private final VersionFolders folders;
  private final int keepVersions;
  private final SortedMap<VersionId, LiveModel> live = new TreeMap<>();
  private final SortedMap<VersionId, LiveModel> fresh = new TreeMap<>();

  /// @param live what is live now
  Succession(VersionFolders folders, int keepVersions, List<LiveModel> live) {
    this.folders = folders;
    this.keepVersions = keepVersions;
    live.forEach(model -> this.live.put(new VersionId(model.model(), model.version()), model));
  }

  /// Opens what is wanted by a routing and not open yet. What cannot be opened is left out, and
  /// what is wanted in its place is opened.
  ///
  /// @param newModels whether models that are not live yet may come in
  /// @param open null when it cannot be, which the folders know from then on
  /// @return the snapshot of what is wanted
  /// @throws ConfigException when the routing names what is not there
  LiveModels next(
      RoutingConfig routing, boolean newModels, Function<VersionId, @Nullable LiveModel> open) {
    while (true) {
      SortedMap<String, NavigableSet<Long>> usable = usable(routing, newModels);
      List<String> missing = WantedVersions.missing(usable, routing);
      if (!missing.isEmpty()) {
        throw new ConfigException(missing);
      }
      SortedMap<String, NavigableSet<Long>> byModel =
          WantedVersions.of(usable, keepVersions, routing);
      // A routing that leads nowhere is refused before anything is loaded for it.
      Router _ = new Router(routing, byModel, routing.labels());
      SortedSet<VersionId> wanted = new TreeSet<>();
      byModel.forEach(
          (model, versions) ->
              versions.forEach(version -> wanted.add(new VersionId(model, version))));
      SortedSet<VersionId> lacking = new TreeSet<>(wanted);
      lacking.removeAll(live.keySet());
      lacking.removeAll(fresh.keySet());
      if (lacking.isEmpty()) {
        return new LiveModels(wanted.stream().map(this::model).toList(), routing.labels(), routing);
      }
      LiveModel opened = open.apply(lacking.first());
      if (opened != null) {
        fresh.put(lacking.first(), opened);
      }
    }
  }

  /// A live version whose folder is gone stays usable where the routing names it, or where nothing
  /// else is left of the model.
  private SortedMap<String, NavigableSet<Long>> usable(RoutingConfig routing, boolean newModels) {
    SortedMap<String, NavigableSet<Long>> usable = folders.usable();
    SortedSet<String> there = new TreeSet<>(usable.keySet());
    SortedSet<String> models = new TreeSet<>();
    live.keySet()
        .forEach(
            id -> {
              models.add(id.model());
              if (!there.contains(id.model())
                  || WantedVersions.names(routing, id.model(), id.version())) {
                usable.computeIfAbsent(id.model(), _ -> new TreeSet<>()).add(id.version());
              }
            });
    if (!newModels) {
      usable.keySet().retainAll(models);
    }
    return usable;
  }

  private LiveModel model(VersionId id) {
    LiveModel model = live.getOrDefault(id, fresh.get(id));
    return Objects.requireNonNull(model, id.toString());
  }

  /// Lets go of what was opened and is not in this snapshot.
  void retireAllBut(List<LiveModel> taken) {
    fresh.values().stream().filter(model -> !taken.contains(model)).forEach(LiveModel::retire);
  }
}
