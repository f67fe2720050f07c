package io.saviorrec.trainer.train;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// A running SHA-256 of numbers and texts. A text is preceded by its length, so that the same bytes
/// in other parts give another hash.
final class Sha256 {
  private final MessageDigest digest;
  private final ByteBuffer buffer = ByteBuffer.allocate(8192);

  Sha256() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  Sha256 add(long value) {
    if (buffer.remaining() < Long.BYTES) {
      flush();
    }
    buffer.putLong(value);
    return this;
  }

  Sha256 add(byte[] bytes) {
    add(bytes.length);
    flush();
    digest.update(bytes);
    return this;
  }

  Sha256 add(String text) {
    return add(text.getBytes(StandardCharsets.UTF_8));
  }

  /// The hash in lower-case hexadecimal; the next value starts a new one.
  String hex() {
    flush();
    return HexFormat.of().formatHex(digest.digest());
  }

  private void flush() {
    digest.update(buffer.flip());
    buffer.clear();
  }
}
