package io.saviorrec.contract;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/// The numeric id of a user or an item that its shop knows by a text.
///
/// It is a function of the text alone, so trainer, servers and callers agree without a table, for
/// ever. Among ten million texts two share an id with a probability of five in a million; the
/// trainer refuses a data set in which two do.
public final class StringId {
  private static final ThreadLocal<MessageDigest> SHA_256 =
      ThreadLocal.withInitial(StringId::sha256);

  private StringId() {}

  /// The first eight bytes of the SHA-256 of its UTF-8, highest first, without the sign.
  public static long of(String key) {
    byte[] digest = SHA_256.get().digest(key.getBytes(StandardCharsets.UTF_8));
    return ByteBuffer.wrap(digest).getLong() & Long.MAX_VALUE;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
