package io.saviorrec.server.metrics;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// A meter for each value of the tag `status`. All of them exist, at zero, before the first call: a
/// rate needs the value before.
final class ByStatus<T> {
  private static final String OTHER = "UNKNOWN";

  /// What a call of the services can end with.
  private static final List<String> STATUSES =
      List.of(
          "OK",
          "INVALID_ARGUMENT",
          "NOT_FOUND",
          "RESOURCE_EXHAUSTED",
          "DEADLINE_EXCEEDED",
          "CANCELLED",
          "UNAVAILABLE",
          "INTERNAL",
          "UNAUTHENTICATED",
          "PERMISSION_DENIED",
          "UNIMPLEMENTED");

  private final Map<String, T> meters = new HashMap<>();
  private final T other;

  ByStatus(Function<String, T> meter) {
    STATUSES.forEach(status -> meters.put(status, meter.apply(status)));
    other = meter.apply(OTHER);
  }

  /// The meter of a status; one that no call of ours should end with counts as UNKNOWN.
  T of(String status) {
    return meters.getOrDefault(status, other);
  }
}
