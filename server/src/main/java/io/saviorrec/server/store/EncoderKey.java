package io.saviorrec.server.store;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.Manifest;

/// Identifies the pair of archives that a representation depends on; models that share both share
/// representations.
///
/// @param encoderSha SHA-256 of `encoder.pt`
/// @param rqSha SHA-256 of `rq.pt`
public record EncoderKey(String encoderSha, String rqSha) {
  public static EncoderKey of(Manifest manifest) {
    return new EncoderKey(sha(manifest, Bundle.ENCODER), sha(manifest, Bundle.RQ));
  }

  /// The checksum that the bundle was checked against, not what its lineage claims.
  private static String sha(Manifest manifest, String file) {
    String sha = manifest.files().get(file);
    if (sha == null) {
      throw new IllegalArgumentException(
          manifest.model() + "/" + manifest.version() + " lists no " + file);
    }
    return sha;
  }
}
