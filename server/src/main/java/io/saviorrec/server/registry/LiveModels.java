package io.saviorrec.server.registry;

import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.server.config.RoutingConfig;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.ErrorText;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.routing.Router;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// All that is live at one moment: models with their versions, labels, routes and encoder groups.
/// It never changes; what is live changes when the [Registry] puts another in its place.
public final class LiveModels {
  private final SortedMap<String, NavigableMap<Long, LiveModel>> models = new TreeMap<>();
  private final List<LiveModel> all;
  private final SortedMap<String, SortedMap<String, Long>> labels = new TreeMap<>();
  private final RoutingConfig routing;
  private final Router router;
  private final List<EncoderGroup> encoderGroups;

  /// A snapshot of these models.
  ///
  /// @param models several versions of one model are fine, one of them twice is not
  /// @param labels model → label → version; each must be here
  /// @param routing checked against the models
  /// @throws io.saviorrec.config.ConfigException when labels or routing name what is not here
  public LiveModels(
      Collection<LiveModel> models,
      Map<String, ? extends Map<String, Long>> labels,
      RoutingConfig routing) {
    for (LiveModel model : models) {
      NavigableMap<Long, LiveModel> versions =
          this.models.computeIfAbsent(model.model(), name -> new TreeMap<>());
      if (versions.put(model.version(), model) != null) {
        throw new IllegalArgumentException(model + " is given twice");
      }
    }
    List<LiveModel> flat = new ArrayList<>();
    this.models.values().forEach(versions -> flat.addAll(versions.values()));
    this.all = List.copyOf(flat);
    labels.forEach(
        (model, versions) ->
            this.labels.put(model, Collections.unmodifiableSortedMap(new TreeMap<>(versions))));
    this.routing = routing;
    this.router = new Router(routing, versions(), this.labels);
    this.encoderGroups = EncoderGroup.of(all);
    router
        .experiments()
        .forEach((bucket, route) -> find(route.model(), route.version()).metrics().bucket(bucket));
    router
        .shadows()
        .forEach(
            shadow -> find(shadow.route().model(), shadow.route().version()).metrics().shadow());
  }

  private Map<String, NavigableSet<Long>> versions() {
    Map<String, NavigableSet<Long>> versions = new TreeMap<>();
    models.forEach((model, live) -> versions.put(model, live.navigableKeySet()));
    return versions;
  }

  private @Nullable LiveModel at(String model, long version) {
    NavigableMap<Long, LiveModel> versions = models.get(model);
    if (versions == null) {
      return null;
    }
    return version == 0 ? versions.lastEntry().getValue() : versions.get(version);
  }

  /// A live version of a model.
  ///
  /// @param version 0: the newest
  /// @throws RequestException NOT_FOUND, with what there is
  public LiveModel find(String model, long version) {
    LiveModel found = at(model, version);
    if (found == null) {
      throw new RequestException(
          ErrorCode.NOT_FOUND,
          "no model "
              + ErrorText.quote(model)
              + (version == 0 ? "" : " with version " + version)
              + "; available are "
              + all);
    }
    return found;
  }

  public SortedSet<String> names() {
    return Collections.unmodifiableSortedSet(new TreeSet<>(models.keySet()));
  }

  /// Every version of every model, by name and version.
  public List<LiveModel> all() {
    return all;
  }

  /// The labels of a model's versions.
  public SortedMap<String, Long> labels(String model) {
    return labels.getOrDefault(model, Collections.emptySortedMap());
  }

  /// The settings that say which of the models answers a request.
  public RoutingConfig routing() {
    return routing;
  }

  /// Which of the models answers a request.
  public Router router() {
    return router;
  }

  /// The models by the archives that encode items for them.
  public List<EncoderGroup> encoderGroups() {
    return encoderGroups;
  }

  /// The features of every model.
  public List<FeatureSchema> features() {
    return all.stream().map(model -> model.manifest().features()).toList();
  }

  @Override
  public String toString() {
    return all.toString();
  }
}
