package io.saviorrec.server.registry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Tags;
import io.saviorrec.server.metrics.Meters;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;

/// The meters of versions that come and go. Used by one thread.
final class ReloadMetrics {
  private final Meters meters;
  private final VersionFolders folders;
  private final Map<String, Counter> loaded = new HashMap<>();
  private final Map<String, Counter> refused = new HashMap<>();

  ReloadMetrics(Meters meters, VersionFolders folders, BooleanSupplier problem) {
    this.meters = meters;
    this.folders = folders;
    meters.gauge(
        "savior.reload.problem",
        "1 while the repository cannot be read, or the routing names what is not there and an older"
            + " one is in force",
        Tags.empty(),
        () -> problem.getAsBoolean() ? 1 : 0);
  }

  /// Shows a model's meters from now on, at zero.
  void show(String model) {
    if (!loaded.containsKey(model)) {
      loaded.put(model, reloads(model, "loaded"));
      refused.put(model, reloads(model, "refused"));
      meters.gauge(
          "savior.refused.versions",
          "Versions in the repository that are not served because they are no good",
          Tags.of("model", model),
          () -> folders.refused().stream().filter(each -> each.model().equals(model)).count());
    }
  }

  /// A version of a model that is shown was loaded.
  void loaded(String model) {
    Objects.requireNonNull(loaded.get(model), model).increment();
  }

  /// A version of a model that is shown was refused.
  void refused(String model) {
    Objects.requireNonNull(refused.get(model), model).increment();
  }

  private Counter reloads(String model, String result) {
    return meters.counter(
        "savior.reloads",
        "Versions that were loaded, at the start and later, or refused",
        Tags.of("model", model, "result", result));
  }
}
