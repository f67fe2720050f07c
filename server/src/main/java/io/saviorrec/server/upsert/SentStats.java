package io.saviorrec.server.upsert;

import io.saviorrec.server.registry.LiveModels;
import io.saviorrec.server.request.ErrorText;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// What statistics of items may be.
final class SentStats {
  private SentStats() {}

  /// The statistics that some live model uses.
  static SortedSet<String> names(LiveModels live) {
    SortedSet<String> names = new TreeSet<>();
    live.features().forEach(model -> names.addAll(model.itemStats()));
    return names;
  }

  /// What is wrong with one; null: nothing.
  static @Nullable String error(String name, double value, SortedSet<String> names) {
    if (!names.contains(name)) {
      return "stats." + ErrorText.cut(name) + " is unknown; the models use " + names;
    }
    if (!Double.isFinite(value) || value < 0) {
      return "stats." + name + " must be finite and not negative, was " + value;
    }
    if (value > Float.MAX_VALUE) {
      return "stats." + name + " is too large: " + value;
    }
    return null;
  }
}
