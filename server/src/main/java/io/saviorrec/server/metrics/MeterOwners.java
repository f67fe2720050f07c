package io.saviorrec.server.metrics;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Which group each meter of a registry belongs to: the youngest of those that asked for it. Groups
/// have numbers in the order of their making.
///
/// Concurrency: a meter is made or removed, and given to a group, under the lock of this object.
final class MeterOwners {
  private final Map<Meter.Id, Owned> owned = new HashMap<>();
  private long groups;

  private record Owned(long group, Meter meter) {}

  /// What tells meters apart, known before they are made.
  static Meter.Id id(String name, Tags tags) {
    return new Meter.Id(name, tags, null, null, Meter.Type.OTHER);
  }

  /// The number of a new group.
  synchronized long next() {
    return ++groups;
  }

  /// Whether a group may have a meter: nobody has it, or an older group.
  boolean mayHave(Meter.Id id, long group) {
    Owned now = owned.get(id);
    return now == null || now.group < group;
  }

  /// The meter as it is now; null: there is none.
  @Nullable Meter meter(Meter.Id id) {
    Owned now = owned.get(id);
    return now == null ? null : now.meter;
  }

  /// Gives a meter to a group.
  void give(Meter.Id id, long group, Meter meter) {
    owned.put(id, new Owned(group, meter));
  }

  /// The meter that a group that ends takes with it; null: it is a younger one's.
  @Nullable Meter letGo(Meter.Id id, long group) {
    Owned now = owned.get(id);
    if (now == null || now.group != group) {
      return null;
    }
    owned.remove(id);
    return now.meter;
  }
}
