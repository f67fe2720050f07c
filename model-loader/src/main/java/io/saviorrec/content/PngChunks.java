package io.saviorrec.content;

import java.nio.ByteBuffer;
import java.util.zip.CRC32;

/// Checks the chunks of a PNG file, because the platform's decoder ignores their checksums and
/// would let an altered image through.
final class PngChunks {

  private static final long SIGNATURE = 0x89504e470d0a1a0aL;
  private static final int IEND = 0x49454e44;
  private static final int CHUNK_OVERHEAD = 12; // length, type, checksum

  private PngChunks() {}

  /// Does nothing for files of other formats.
  ///
  /// @throws ContentException when a chunk is cut off or altered
  static void check(byte[] file) {
    ByteBuffer bytes = ByteBuffer.wrap(file);
    if (file.length < Long.BYTES || bytes.getLong() != SIGNATURE) {
      return;
    }
    while (bytes.remaining() >= CHUNK_OVERHEAD) {
      int at = bytes.position();
      int length = bytes.getInt();
      int type = bytes.getInt();
      if (length < 0 || length > bytes.remaining() - Integer.BYTES) {
        break;
      }
      CRC32 crc = new CRC32();
      crc.update(file, at + Integer.BYTES, Integer.BYTES + length);
      bytes.position(bytes.position() + length);
      if ((int) crc.getValue() != bytes.getInt()) {
        throw new ContentException(
            "The PNG file is altered: wrong checksum of the chunk at byte " + at);
      }
      if (type == IEND) {
        return;
      }
    }
    throw new ContentException(
        "The PNG file is truncated: %d bytes without an end".formatted(file.length));
  }
}
