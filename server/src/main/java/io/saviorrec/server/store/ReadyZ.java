package io.saviorrec.server.store;

import io.saviorrec.content.ItemContent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/// An embedding that came with an item, made by its sender.
///
/// @param encoderSha SHA-256 of the `encoder.pt` that it is of
/// @param values as long as the z of that encoder, and of unit length
/// @param alone whether no content came with it that another encoder could read
public record ReadyZ(String encoderSha, List<Float> values, boolean alone) {
  public ReadyZ {
    values = List.copyOf(values);
  }

  /// The values as an array.
  public float[] toArray() {
    float[] z = new float[values.size()];
    for (int i = 0; i < z.length; i++) {
      z[i] = values.get(i);
    }
    return z;
  }

  /// Identifies a content together with this embedding, as a content without one is identified by
  /// its own hash.
  public long hash(ItemContent content) {
    ByteBuffer floats = ByteBuffer.allocate(Float.BYTES * values.size());
    values.forEach(floats::putFloat);
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
    digest.update(content.digest());
    digest.update(encoderSha.getBytes(StandardCharsets.UTF_8));
    digest.update(floats.array());
    return ItemContent.hash(digest.digest());
  }
}
