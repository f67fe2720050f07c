package io.saviorrec.server.admin;

import java.time.Duration;
import java.util.List;

/// What the server says of itself.
///
/// @param uptime since the process began
/// @param grpcAddress where it answers calls
/// @param lanes its queues
/// @param versions what is served and what is not
public record ServerStatus(
    Duration uptime, String grpcAddress, List<LaneStatus> lanes, Versions versions) {

  /// The versions of the models.
  ///
  /// @param live what is live; empty before it is serving
  /// @param refused what lies in the repository and is no good
  /// @param problem why the repository, or the routing, is not followed; empty when it is
  public record Versions(List<ModelStatus> live, List<RefusedStatus> refused, String problem) {
    /// Nothing yet.
    public static final Versions NONE = new Versions(List.of(), List.of(), "");
  }

  /// A version that is not served.
  ///
  /// @param reason in one line
  public record RefusedStatus(String model, long version, String reason) {}

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
