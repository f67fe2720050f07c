package io.saviorrec.server.config;

import io.saviorrec.config.Check;
import io.saviorrec.config.ConfigException;
import io.saviorrec.config.Settings;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Which version of which model answers a request.
///
/// @param defaultModel target of requests that nothing else decides; null: the only model, or the
///   one named `saviorrec`
/// @param labels model → label → version
/// @param buckets experiment bucket → target
/// @param split bucket or target → share of those who name neither model nor bucket; shares are
///   relative weights
/// @param salt part of the split's hash: another one divides the users anew
/// @param bucketFlag the request's flag that is its bucket
/// @param splitFlag the request's flag that the split goes by in place of the user; null: none
/// @param shadow target → share of the requests that it scores too, for nobody
/// @param file of these settings, in place of all others here; null: none
public record RoutingConfig(
    @Nullable String defaultModel,
    SortedMap<String, SortedMap<String, Long>> labels,
    SortedMap<String, String> buckets,
    SortedMap<String, Integer> split,
    String salt,
    String bucketFlag,
    @Nullable String splitFlag,
    SortedMap<String, Double> shadow,
    @Nullable String file) {
  /// One model, and all requests to it.
  public static final RoutingConfig DEFAULT =
      new RoutingConfig(
          null,
          new TreeMap<>(),
          new TreeMap<>(),
          new TreeMap<>(),
          "",
          "bucket",
          null,
          new TreeMap<>(),
          null);

  public RoutingConfig {
    SortedMap<String, SortedMap<String, Long>> names = new TreeMap<>();
    labels.forEach(
        (model, versions) ->
            names.put(model, Collections.unmodifiableSortedMap(new TreeMap<>(versions))));
    SortedMap<String, String> targets = new TreeMap<>(buckets);
    SortedMap<String, Integer> shares = new TreeMap<>(split);
    SortedMap<String, Double> shadows = new TreeMap<>(shadow);
    Check.all(
        check -> {
          target(check, "defaultModel", defaultModel);
          names.forEach((model, versions) -> labels(check, "labels." + model, versions));
          targets.forEach(
              (bucket, target) -> {
                check.notBlank("buckets", bucket);
                target(check, "buckets." + bucket, target);
              });
          shares.forEach((arm, share) -> check.range("split." + arm, share, 0, 1_000_000));
          check.that(
              shares.isEmpty() || shares.values().stream().anyMatch(share -> share != 0),
              "split",
              "have a share above 0",
              shares);
          check.notBlank("bucketFlag", bucketFlag);
          check.notBlank("splitFlag", splitFlag);
          shadows.forEach(
              (target, share) -> {
                target(check, "shadow", target);
                check.range("shadow." + target, share, 0.0, 1.0);
              });
          check.notBlank("file", file);
        });
    labels = Collections.unmodifiableSortedMap(names);
    buckets = Collections.unmodifiableSortedMap(targets);
    split = Collections.unmodifiableSortedMap(shares);
    shadow = Collections.unmodifiableSortedMap(shadows);
  }

  private static void target(Check check, String key, @Nullable String target) {
    check.that(
        target == null || Target.isTarget(target),
        key,
        "be MODEL, MODEL/VERSION or MODEL@LABEL",
        String.valueOf(target));
  }

  private static void labels(Check check, String key, SortedMap<String, Long> versions) {
    versions.forEach(
        (label, version) -> {
          check.that(
              !label.isBlank() && !label.contains("/") && !label.contains("@"),
              key,
              "have names without / and @",
              label);
          check.range(key + "." + label, version, 1, Long.MAX_VALUE);
        });
  }

  /// The settings that a file of them holds.
  ///
  /// @param source what the file is called where it is wrong
  /// @throws ConfigException with everything that is wrong
  public static RoutingConfig parse(String yaml, String source) {
    Settings<RoutingConfig> settings = Settings.over(RoutingConfig.class, DEFAULT);
    settings.text(yaml, source);
    try {
      RoutingConfig parsed = settings.bind();
      if (parsed.file() != null) {
        throw new ConfigException(List.of("file must not be set in the file itself"));
      }
      return parsed;
    } catch (ConfigException e) {
      throw new ConfigException(List.of(source + ": " + String.join("; ", e.problems())));
    }
  }
}
