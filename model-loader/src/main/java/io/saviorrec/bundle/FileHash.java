package io.saviorrec.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// The SHA-256 of files and of bytes in memory.
public final class FileHash {

  private static final int CHUNK_BYTES = 1 << 20;

  private FileHash() {}

  /// The SHA-256 of a file's bytes in lower-case hexadecimal.
  public static String sha256(Path file) throws IOException {
    MessageDigest digest = digest();
    byte[] chunk = new byte[Math.clamp(Files.size(file), 1, CHUNK_BYTES)];
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        digest.update(chunk, 0, n);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /// The SHA-256 of the bytes of an open file, in lower-case hexadecimal. They are read and not
  /// mapped: a mapping would count every page of it as the process's memory.
  static String sha256(FileChannel channel) throws IOException {
    MessageDigest digest = digest();
    ByteBuffer chunk = ByteBuffer.allocate(Math.clamp(channel.size(), 1, CHUNK_BYTES));
    long at = 0;
    for (int n = channel.read(chunk, at); n >= 0; n = channel.read(chunk, at)) {
      digest.update(chunk.flip());
      chunk.clear();
      at += n;
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /// The SHA-256 of bytes in memory, in lower-case hexadecimal.
  public static String sha256(MemorySegment bytes) {
    MessageDigest digest = digest();
    for (long at = 0; at < bytes.byteSize(); at += CHUNK_BYTES) {
      digest.update(bytes.asSlice(at, Math.min(CHUNK_BYTES, bytes.byteSize() - at)).asByteBuffer());
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }
}
