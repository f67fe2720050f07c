package io.saviorrec.server.routing;

import java.util.Map;

/// What a request says of where it should go, and of whom it is for.
///
/// @param model empty: not named
/// @param version 0: not named
/// @param label empty: not named
/// @param bucket empty: none
/// @param flags of the experiment platform, by name
/// @param userId 0: nobody who is known
/// @param requestId empty: none
public record RouteRequest(
    String model,
    long version,
    String label,
    String bucket,
    Map<String, String> flags,
    long userId,
    String requestId) {

  /// Whether it asks for a certain version, which not everybody may.
  public boolean choosesVersion() {
    return version != 0 || !label.isEmpty();
  }
}
