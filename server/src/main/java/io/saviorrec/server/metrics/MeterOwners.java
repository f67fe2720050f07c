package io.saviorrec.server.metrics;

import io.micrometer.core.instrument.Meter;
import java.util.HashMap;
import java.util.Map;

/// Which group each meter of a registry belongs to: the youngest of those that asked for it. Groups
/// have numbers in the order of their making.
///
/// Concurrency: a meter is made or removed, and given to a group, under the lock of this object.
final class MeterOwners {
  private final Map<Meter.Id, Long> owners = new HashMap<>();
  private long groups;

  /// The number of a new group.
  synchronized long next() {
    return ++groups;
  }

  /// Gives a meter to a group, unless it is a younger one's.
  ///
  /// @return whether it was an older one's
  boolean takesOver(Meter.Id meter, long group) {
    Long before = owners.get(meter);
    if (before != null && before >= group) {
      return false;
    }
    owners.put(meter, group);
    return before != null;
  }

  /// Whether a group that ends takes a meter with it.
  boolean letsGo(Meter.Id meter, long group) {
    return owners.remove(meter, group);
  }
}
