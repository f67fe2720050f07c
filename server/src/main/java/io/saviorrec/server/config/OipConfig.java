package io.saviorrec.server.config;

/// The Open Inference Protocol on the gRPC port.
///
/// @param enabled whether its service is there
public record OipConfig(boolean enabled) {
  static final OipConfig DEFAULT = new OipConfig(true);
}
