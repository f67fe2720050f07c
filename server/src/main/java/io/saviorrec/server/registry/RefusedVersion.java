package io.saviorrec.server.registry;

/// A version that lies in the repository and is not served because of what it is.
///
/// @param reason in one line
public record RefusedVersion(String model, long version, String reason) {
  @Override
  public String toString() {
    return model + "/" + version;
  }
}
