package io.saviorrec.server.registry;

import java.util.List;
import java.util.stream.Stream;

/// What came of a look at the repository.
///
/// @param live the versions that are live after it
/// @param loaded those of them that were not before
/// @param retired those that were and are no more
/// @param refused every version that is refused, whether at this look or before
/// @param waiting versions that are being copied, as far as can be told
/// @param problem why the repository, or the routing, is not followed; empty when both are
/// @param millis what it took
public record ReloadReport(
    List<String> live,
    List<String> loaded,
    List<String> retired,
    List<RefusedVersion> refused,
    List<RefusedVersion> waiting,
    String problem,
    long millis) {

  /// What came of two looks, this being the second.
  ReloadReport after(ReloadReport first) {
    return new ReloadReport(
        live,
        Stream.concat(first.loaded.stream(), loaded.stream()).filter(live::contains).toList(),
        Stream.concat(first.retired.stream(), retired.stream()).toList(),
        refused,
        waiting,
        problem,
        first.millis + millis);
  }
}
