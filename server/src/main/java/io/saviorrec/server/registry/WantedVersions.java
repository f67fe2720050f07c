package io.saviorrec.server.registry;

import io.saviorrec.server.config.ServerConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Which versions should be live, as a function of what there is and of the routing: of each model
/// the newest, and all that labels or targets name.
final class WantedVersions {
  private static final Pattern NUMBERED = Pattern.compile("(.+)/([1-9][0-9]{0,17})");

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
      SortedMap<String, ? extends NavigableSet<Long>> usable,
      int keep,
      ServerConfig.Routing routing) {
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
      SortedMap<String, ? extends NavigableSet<Long>> usable, ServerConfig.Routing routing) {
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
  static boolean names(ServerConfig.Routing routing, String model, long version) {
    return named(routing).anyMatch(named -> named.model.equals(model) && named.version == version);
  }

  private static Stream<Named> named(ServerConfig.Routing routing) {
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
    routing.split().keySet().forEach(each -> target("routing.split", each, named));
    return named.build();
  }

  /// A target may be `MODEL/VERSION`.
  private static void target(String key, String target, Stream.Builder<Named> named) {
    Matcher matcher = NUMBERED.matcher(target);
    if (matcher.matches()) {
      named.add(new Named(key, matcher.group(1), Long.parseLong(matcher.group(2))));
    }
  }
}
