package io.saviorrec.server.registry;

import io.saviorrec.server.config.RoutingConfig;
import io.saviorrec.server.config.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/// Which versions should be live, as a function of what there is and of the routing: of each model
/// the newest, and all that labels or targets name.
final class WantedVersions {
  private WantedVersions() {}

  /// A version that the routing names.
  ///
  /// @param key the setting that names it
  private record Named(String key, String model, long version) {}

  /// The versions to serve of each model; a model of which there is none is not among them.
  ///
  /// @param usable the versions of each model that are there and not known to be bad
  /// @param keep how many of the newest
  static SortedMap<String, NavigableSet<Long>> of(
      SortedMap<String, ? extends NavigableSet<Long>> usable, int keep, RoutingConfig routing) {
    SortedMap<String, NavigableSet<Long>> wanted = new TreeMap<>();
    usable.forEach(
        (model, versions) -> {
          NavigableSet<Long> chosen = new TreeSet<>();
          versions.descendingSet().stream().limit(keep).forEach(chosen::add);
          named(routing)
              .filter(named -> named.model.equals(model) && versions.contains(named.version))
              .forEach(named -> chosen.add(named.version));
          if (!chosen.isEmpty()) {
            wanted.put(model, chosen);
          }
        });
    return wanted;
  }

  /// What the routing names and is not there, one line each.
  static List<String> missing(
      SortedMap<String, ? extends NavigableSet<Long>> usable, RoutingConfig routing) {
    List<String> problems = new ArrayList<>();
    named(routing)
        .filter(
            named -> {
              NavigableSet<Long> versions = usable.get(named.model);
              return versions == null || !versions.contains(named.version);
            })
        .forEach(
            named ->
                problems.add(
                    "%s names version %d of %s, which is not there or cannot be served"
                        .formatted(named.key, named.version, named.model)));
    return problems;
  }

  /// Whether the routing names a version.
  static boolean names(RoutingConfig routing, String model, long version) {
    return named(routing).anyMatch(named -> named.model.equals(model) && named.version == version);
  }

  private static Stream<Named> named(RoutingConfig routing) {
    Stream.Builder<Named> named = Stream.builder();
    routing
        .labels()
        .forEach(
            (model, labels) ->
                labels.forEach(
                    (label, version) ->
                        named.add(
                            new Named("routing.labels." + model + "." + label, model, version))));
    if (routing.defaultModel() != null) {
      target("routing.defaultModel", routing.defaultModel(), named);
    }
    for (Map.Entry<String, String> bucket : routing.buckets().entrySet()) {
      target("routing.buckets." + bucket.getKey(), bucket.getValue(), named);
    }
    routing.split().keySet().stream()
        .filter(arm -> !routing.buckets().containsKey(arm))
        .forEach(arm -> target("routing.split", arm, named));
    routing.shadow().keySet().forEach(each -> target("routing.shadow", each, named));
    return named.build();
  }

  /// A target may be `MODEL/VERSION`.
  private static void target(String key, String text, Stream.Builder<Named> named) {
    Target target = Target.parse(text);
    if (target.version() != 0) {
      named.add(new Named(key, target.model(), target.version()));
    }
  }
}
