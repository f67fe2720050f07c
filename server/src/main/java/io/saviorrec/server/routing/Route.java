package io.saviorrec.server.routing;

/// Where a request goes.
///
/// @param model the model's name
/// @param version 0: the model's newest
/// @param label by which the version was chosen; empty when it was chosen otherwise
/// @param bucket the bucket that decided it; empty when something else did
public record Route(String model, long version, String label, String bucket) {
  /// To a version that nothing had to be decided for.
  public static Route to(String model, long version) {
    return new Route(model, version, "", "");
  }

  Route in(String deciding) {
    return new Route(model, version, label, deciding);
  }
}
