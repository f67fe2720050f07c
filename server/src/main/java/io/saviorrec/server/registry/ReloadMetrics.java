package io.saviorrec.server.registry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Tags;
import io.saviorrec.server.metrics.Meters;
import java.util.HashSet;
import java.util.Set;
import java.util.function.BooleanSupplier;

/// The meters of versions that come and go. Used by one thread.
final class ReloadMetrics {
  private final Meters meters;
  private final VersionFolders folders;
  private final Set<String> known = new HashSet<>();

  ReloadMetrics(Meters meters, VersionFolders folders, BooleanSupplier problem) {
    this.meters = meters;
    this.folders = folders;
    meters.gauge(
        "savior.reload.problem",
        "1 while what is live stays as it is because the repository cannot be read or the routing"
            + " names what is not there",
        Tags.empty(),
        () -> problem.getAsBoolean() ? 1 : 0);
  }

  /// Shows a model's meters from now on, at zero.
  void show(String model) {
    if (known.add(model)) {
      loaded(model);
      refused(model);
      meters.gauge(
          "savior.refused.versions",
          "Versions in the repository that are not served because they are no good",
          Tags.of("model", model),
          () -> folders.refused().stream().filter(each -> each.model().equals(model)).count());
    }
  }

  Counter loaded(String model) {
    return reloads(model, "loaded");
  }

  Counter refused(String model) {
    return reloads(model, "refused");
  }

  private Counter reloads(String model, String result) {
    return meters.counter(
        "savior.reloads",
        "Versions that were loaded, at the start and later, or refused",
        Tags.of("model", model, "result", result));
  }
}
