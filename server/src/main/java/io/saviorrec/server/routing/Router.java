package io.saviorrec.server.routing;

import io.saviorrec.config.ConfigException;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.ErrorText;
import io.saviorrec.server.request.RequestException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Decides which model answers: the one that the request names, else its bucket's, else the user's
/// by the traffic split, else the default.
public final class Router {
  /// The default model's name when several are loaded and the configuration names none.
  static final String PREFERRED = "saviorrec";

  private final SortedSet<String> models;
  private final SortedMap<String, String> buckets;
  private final @Nullable TrafficSplit split;
  private final String defaultModel;

  /// Checks the settings against the models that are loaded.
  ///
  /// @throws ConfigException naming every setting that cannot be used with these models
  public Router(ServerConfig.Routing config, SortedSet<String> models) {
    this.models = new TreeSet<>(models);
    this.buckets = config.buckets();
    this.split = config.split().isEmpty() ? null : new TrafficSplit(config.split());
    List<String> problems = new ArrayList<>();
    for (Map.Entry<String, String> bucket : buckets.entrySet()) {
      requireModel("routing.buckets." + bucket.getKey(), bucket.getValue(), problems);
    }
    config.split().keySet().forEach(model -> requireModel("routing.split", model, problems));
    String chosen = chooseDefault(config.defaultModel(), problems);
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
    this.defaultModel = chosen;
  }

  private void requireModel(String key, String model, List<String> problems) {
    if (!models.contains(model)) {
      problems.add(key + " names model \"" + model + "\" but the repository has " + models);
    }
  }

  private String chooseDefault(@Nullable String configured, List<String> problems) {
    if (configured != null) {
      requireModel("routing.defaultModel", configured, problems);
      return configured;
    }
    if (models.size() == 1) {
      return models.first();
    }
    if (!models.contains(PREFERRED)) {
      problems.add(
          "routing.defaultModel must be set: the repository has "
              + models
              + " and none is \""
              + PREFERRED
              + "\"");
    }
    return PREFERRED;
  }

  /// The model that answers a request.
  ///
  /// @param model the request's model; empty: not named
  /// @param bucket the request's bucket; empty: none
  public Route route(String model, String bucket, long userId) {
    if (!model.isEmpty()) {
      return new Route(model, "");
    }
    if (!bucket.isEmpty()) {
      String mapped = buckets.get(bucket);
      if (mapped == null) {
        // Falling back to the default would quietly spoil the experiment.
        throw new RequestException(
            ErrorCode.NOT_FOUND,
            "no such bucket " + ErrorText.quote(bucket) + "; configured are " + buckets.keySet());
      }
      return new Route(mapped, bucket);
    }
    return new Route(split == null ? defaultModel : split.modelFor(userId), "");
  }

  /// The model that answers what is asked of a model and not for a user.
  ///
  /// @param model empty: the default
  public Route route(String model) {
    return new Route(model.isEmpty() ? defaultModel : model, "");
  }

  public String defaultModel() {
    return defaultModel;
  }
}
