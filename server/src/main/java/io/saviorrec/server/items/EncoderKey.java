package io.saviorrec.server.items;

import io.saviorrec.bundle.Manifest;

/// Identifies the pair of archives that a representation depends on; models that share both share
/// representations.
///
/// @param encoderSha SHA-256 of `encoder.pt`
/// @param rqSha SHA-256 of `rq.pt`
record EncoderKey(String encoderSha, String rqSha) {
  static EncoderKey of(Manifest manifest) {
    return new EncoderKey(manifest.lineage().encoderSha(), manifest.lineage().rqSha());
  }
}
