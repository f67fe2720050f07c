package io.saviorrec.server.routing;

import io.saviorrec.config.ConfigException;
import io.saviorrec.server.config.RoutingConfig;
import io.saviorrec.server.config.Target;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.ErrorText;
import io.saviorrec.server.request.RequestException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Decides which version of which model answers: the one that the request names, else its bucket's,
/// else the user's by the traffic split, else the default.
public final class Router {
  /// The default model's name when several are loaded and the configuration names none.
  static final String PREFERRED = "saviorrec";

  /// The label of the version that a model's name alone means.
  private static final String STABLE = "stable";

  private final SortedMap<String, NavigableSet<Long>> live = new TreeMap<>();
  private final Map<String, ? extends Map<String, Long>> labels;
  private final Map<String, Route> buckets = new TreeMap<>();
  private final Map<String, Route> arms = new HashMap<>();
  private final List<Shadow> shadows = new ArrayList<>();
  private final @Nullable TrafficSplit split;
  private final String bucketFlag;
  private final @Nullable String splitFlag;
  private final Route standard;

  /// Checks the settings against what is live.
  ///
  /// @param versions of each model
  /// @param labels model → label → version
  /// @throws ConfigException naming every setting that cannot be used with these versions
  public Router(
      RoutingConfig config,
      Map<String, ? extends NavigableSet<Long>> versions,
      Map<String, ? extends Map<String, Long>> labels) {
    versions.forEach((model, each) -> live.put(model, new TreeSet<>(each)));
    this.labels = labels;
    this.bucketFlag = config.bucketFlag();
    this.splitFlag = config.splitFlag();
    List<String> problems = new ArrayList<>();
    requireLabels(problems);
    config
        .buckets()
        .forEach(
            (bucket, target) ->
                put(buckets, bucket, resolve("routing.buckets." + bucket, target, problems)));
    for (String arm : config.split().keySet()) {
      Route bucket = buckets.get(arm);
      put(arms, arm, bucket != null ? bucket : resolve("routing.split", arm, problems));
    }
    config
        .shadow()
        .forEach(
            (target, share) -> {
              Route route = resolve("routing.shadow", target, problems);
              if (route != null) {
                shadows.add(new Shadow(route, share));
              }
            });
    this.split = config.split().isEmpty() ? null : new TrafficSplit(config.salt(), config.split());
    Route chosen = chooseDefault(config.defaultModel(), problems);
    if (!problems.isEmpty() || chosen == null) {
      throw new ConfigException(problems);
    }
    this.standard = chosen;
  }

  private static void put(Map<String, Route> routes, String name, @Nullable Route route) {
    if (route != null) {
      routes.put(name, route.in(name));
    }
  }

  private void requireLabels(List<String> problems) {
    labels.forEach(
        (model, versions) ->
            versions.forEach(
                (label, version) -> {
                  if (!versions(model).contains(version)) {
                    problems.add(
                        "routing.labels."
                            + model
                            + "."
                            + label
                            + " names "
                            + model
                            + "/"
                            + version
                            + ", which is not live; live are "
                            + all());
                  }
                }));
  }

  private @Nullable Route resolve(String key, String text, List<String> problems) {
    Target target;
    try {
      target = Target.parse(text);
    } catch (IllegalArgumentException e) {
      problems.add(key + ": " + e.getMessage());
      return null;
    }
    Route route = find(target);
    if (route == null) {
      problems.add(
          key
              + " names "
              + (live.containsKey(target.model()) ? target : "model \"" + target.model() + "\"")
              + " but the repository has "
              + all());
    }
    return route;
  }

  private @Nullable Route chooseDefault(@Nullable String configured, List<String> problems) {
    if (configured != null) {
      return resolve("routing.defaultModel", configured, problems);
    }
    String only = live.size() == 1 ? live.firstKey() : PREFERRED;
    if (!live.containsKey(only)) {
      problems.add(
          "routing.defaultModel must be set: the repository has "
              + live.keySet()
              + " and none is \""
              + PREFERRED
              + "\"");
    }
    return find(new Target(only, 0, ""));
  }

  private NavigableSet<Long> versions(String model) {
    return live.getOrDefault(model, Collections.emptyNavigableSet());
  }

  /// Where a target is to be found; null when it is not live.
  private @Nullable Route find(Target target) {
    String model = target.model();
    NavigableSet<Long> versions = versions(model);
    if (versions.isEmpty()) {
      return null;
    }
    if (target.version() != 0) {
      return versions.contains(target.version()) ? Route.to(model, target.version()) : null;
    }
    Map<String, Long> named = labels.get(model);
    String label = target.label().isEmpty() ? STABLE : target.label();
    Long version = named == null ? null : named.get(label);
    if (version != null) {
      return new Route(model, version, label, "");
    }
    return target.label().isEmpty() ? Route.to(model, versions.last()) : null;
  }

  /// The version that answers a request.
  ///
  /// @throws RequestException NOT_FOUND when it names what is not live, INVALID_ARGUMENT when it
  ///   names two things
  public Route route(RouteRequest request) {
    if (request.version() != 0 && !request.label().isEmpty()) {
      throw RequestException.invalid("version and label are both set; use one of them");
    }
    if (!request.model().isEmpty() || request.choosesVersion()) {
      if (request.model().isEmpty() && !request.bucket().isEmpty()) {
        throw RequestException.invalid(
            "bucket picks the version itself; name a model with version or label");
      }
      return require(request.model(), request.version(), request.label());
    }
    String bucket = bucket(request);
    if (!bucket.isEmpty()) {
      Route mapped = buckets.get(bucket);
      if (mapped == null) {
        // Falling back to the default would quietly spoil the experiment.
        throw new RequestException(
            ErrorCode.NOT_FOUND,
            "no such bucket " + ErrorText.quote(bucket) + "; configured are " + buckets.keySet());
      }
      return mapped;
    }
    if (split == null) {
      return standard;
    }
    long unit = UnitHash.of(splitFlag(request.flags()), request.userId(), request.requestId());
    Route arm = arms.get(split.armOf(unit));
    if (arm == null) {
      throw new IllegalStateException("an arm without a route");
    }
    return arm;
  }

  /// The version that answers what is asked of a model and not for a user.
  ///
  /// @param model empty: the default
  public Route route(String model) {
    return require(model, 0, "");
  }

  private Route require(String model, long version, String label) {
    if (model.isEmpty() && version == 0 && label.isEmpty()) {
      return standard;
    }
    String named = model.isEmpty() ? standard.model() : model;
    Route route = find(new Target(named, version, label));
    if (route == null) {
      throw new RequestException(
          ErrorCode.NOT_FOUND,
          "no model "
              + ErrorText.quote(named)
              + (version == 0 ? "" : " with version " + version)
              + (label.isEmpty() ? "" : " with label " + ErrorText.quote(label))
              + "; available are "
              + all());
    }
    return route;
  }

  private String bucket(RouteRequest request) {
    return request.bucket().isEmpty()
        ? request.flags().getOrDefault(bucketFlag, "")
        : request.bucket();
  }

  /// The value of the flag that the split goes by in place of the user; empty where there is none.
  public String splitFlag(Map<String, String> flags) {
    return splitFlag == null ? "" : flags.getOrDefault(splitFlag, "");
  }

  /// What is live, as it is written in errors.
  private List<String> all() {
    List<String> all = new ArrayList<>();
    live.forEach((model, versions) -> versions.forEach(version -> all.add(model + "/" + version)));
    return all;
  }

  /// The versions that score a share of the requests too.
  public List<Shadow> shadows() {
    return Collections.unmodifiableList(shadows);
  }

  /// Where each configured bucket and arm of the split leads, by its name.
  public Map<String, Route> experiments() {
    Map<String, Route> all = new TreeMap<>(buckets);
    all.putAll(arms);
    return all;
  }

  public String defaultModel() {
    return standard.model();
  }

  /// Where requests go that nothing else decides.
  public Route standard() {
    return standard;
  }
}
