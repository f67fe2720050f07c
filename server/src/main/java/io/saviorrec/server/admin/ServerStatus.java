package io.saviorrec.server.admin;

import java.time.Duration;
import java.util.List;

/// What the server says of itself.
///
/// @param uptime since the process began
/// @param grpcAddress where it answers calls
/// @param lanes its queues
/// @param models what is live; empty before it is serving
public record ServerStatus(
    Duration uptime, String grpcAddress, List<LaneStatus> lanes, List<ModelStatus> models) {

  /// One queue and its threads.
  public record LaneStatus(String name, int queued, int running, int threads) {}

  /// One model version.
  ///
  /// @param items items in the bundle's item table
  /// @param states item states that are computed
  /// @param routes what brings a request to it, beside its name
  public record ModelStatus(
      String model,
      long version,
      String variant,
      List<String> labels,
      String dataSet,
      String created,
      long items,
      long states,
      List<String> routes) {}
}
