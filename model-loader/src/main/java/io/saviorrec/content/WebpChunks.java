package io.saviorrec.content;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/// Reads the container of a WebP file before anything of it is decoded, and leaves of it what the
/// picture is made of.
///
/// A decoder that is given the whole file would apply colour profiles, allocate what the container
/// says and draw what its frames say, which need not be the same; and it passes over what is cut
/// off.
final class WebpChunks {
  private static final int RIFF = fourCc("RIFF");
  private static final int WEBP = fourCc("WEBP");
  private static final int EXTENDED = fourCc("VP8X");
  private static final int LOSSY = fourCc("VP8 ");
  private static final int LOSSLESS = fourCc("VP8L");
  private static final int ALPHA = fourCc("ALPH");
  private static final int FRAME = fourCc("ANMF");

  private static final int FILE_HEADER_BYTES = 12;
  private static final int CHUNK_HEADER_BYTES = 8;
  private static final int EXTENDED_BYTES = 10;
  private static final int LOSSY_HEADER_BYTES = 10;
  private static final int LOSSLESS_HEADER_BYTES = 5;
  private static final int ANIMATION_FLAG = 0x02;
  private static final int ALPHA_FLAG = 0x10;
  private static final int SIDE_BITS = 14;
  private static final int SIDE_MASK = (1 << SIDE_BITS) - 1;
  private static final int LOSSY_START = 0x2a019d;
  private static final int LOSSLESS_SIGNATURE = 0x2f;
  private static final int COMPRESSION_MASK = 0x03;

  /// A chunk of a file, without its header.
  private record Chunk(int type, ByteBuffer bytes) {}

  /// Width and height in pixels.
  private record Size(int width, int height) {}

  private WebpChunks() {}

  /// Whether the file says that it is one.
  static boolean is(byte[] file) {
    ByteBuffer in = littleEndian(ByteBuffer.wrap(file));
    return file.length >= FILE_HEADER_BYTES && in.getInt(0) == RIFF && in.getInt(8) == WEBP;
  }

  /// The file with its picture alone: no profile, no metadata, nothing after it.
  ///
  /// @throws ContentException when it is animated, cut off, contradicts itself, or is beyond the
  ///   limits
  static byte[] picture(byte[] file, ImageLimits limits) {
    Chunk image = null;
    Chunk alpha = null;
    Size canvas = null;
    for (Chunk chunk : chunks(file)) {
      if (chunk.type == EXTENDED) {
        canvas = canvas(chunk);
      } else if (chunk.type == FRAME) {
        throw animated();
      } else if (chunk.type == ALPHA && alpha == null && image == null) {
        alpha = chunk;
      } else if ((chunk.type == LOSSY || chunk.type == LOSSLESS) && image == null) {
        image = chunk;
      }
    }
    if (image == null) {
      throw new ContentException("The WebP file has no picture");
    }
    Size size = image.type == LOSSY ? lossySize(image) : losslessSize(image);
    if (canvas != null && !canvas.equals(size)) {
      throw new ContentException(
          "The WebP file contradicts itself: a picture of %d × %d on a canvas of %d × %d pixels"
              .formatted(size.width, size.height, canvas.width, canvas.height));
    }
    limits.check(size.width, size.height);
    return alpha == null || image.type == LOSSLESS || canvas == null
        ? join(List.of(image))
        : join(List.of(extended(size), compressed(alpha), image));
  }

  private static List<Chunk> chunks(byte[] file) {
    ByteBuffer in = littleEndian(ByteBuffer.wrap(file));
    long end = CHUNK_HEADER_BYTES + Integer.toUnsignedLong(in.getInt(Integer.BYTES));
    if (end > file.length) {
      throw truncated(file);
    }
    in.limit((int) end).position(FILE_HEADER_BYTES);
    List<Chunk> chunks = new ArrayList<>();
    while (in.remaining() >= CHUNK_HEADER_BYTES) {
      int type = in.getInt();
      long length = Integer.toUnsignedLong(in.getInt());
      if (length > in.remaining()) {
        throw truncated(file);
      }
      chunks.add(new Chunk(type, littleEndian(in.slice(in.position(), (int) length))));
      // Chunks begin at even places.
      in.position(in.position() + (int) Math.min(length + (length & 1), in.remaining()));
    }
    return chunks;
  }

  private static Size canvas(Chunk chunk) {
    require(chunk, EXTENDED_BYTES);
    if ((chunk.bytes.get(0) & ANIMATION_FLAG) != 0) {
      throw animated();
    }
    return new Size(1 + threeBytes(chunk.bytes, 4), 1 + threeBytes(chunk.bytes, 7));
  }

  private static Size lossySize(Chunk chunk) {
    require(chunk, LOSSY_HEADER_BYTES);
    if ((chunk.bytes.get(0) & 1) != 0 || threeBytes(chunk.bytes, 3) != LOSSY_START) {
      throw malformed();
    }
    int width = chunk.bytes.getShort(6) & SIDE_MASK;
    int height = chunk.bytes.getShort(8) & SIDE_MASK;
    if (width == 0 || height == 0) {
      throw malformed();
    }
    return new Size(width, height);
  }

  private static Size losslessSize(Chunk chunk) {
    require(chunk, LOSSLESS_HEADER_BYTES);
    if (chunk.bytes.get(0) != LOSSLESS_SIGNATURE) {
      throw malformed();
    }
    int bits = chunk.bytes.getInt(1);
    return new Size(1 + (bits & SIDE_MASK), 1 + ((bits >>> SIDE_BITS) & SIDE_MASK));
  }

  /// The decoder reads transparency in one of the two forms that there are, the usual one.
  private static Chunk compressed(Chunk alpha) {
    require(alpha, 1);
    if ((alpha.bytes.get(0) & COMPRESSION_MASK) != 1) {
      throw new ContentException(
          "The WebP file's transparency is not compressed; save it as PNG or without transparency");
    }
    return alpha;
  }

  private static Chunk extended(Size size) {
    ByteBuffer bytes = littleEndian(ByteBuffer.allocate(EXTENDED_BYTES));
    bytes.putInt(ALPHA_FLAG);
    putThreeBytes(bytes, size.width - 1);
    putThreeBytes(bytes, size.height - 1);
    return new Chunk(EXTENDED, bytes.flip());
  }

  private static byte[] join(List<Chunk> chunks) {
    int length = FILE_HEADER_BYTES;
    for (Chunk chunk : chunks) {
      length += CHUNK_HEADER_BYTES + padded(chunk);
    }
    ByteBuffer out = littleEndian(ByteBuffer.allocate(length));
    out.putInt(RIFF).putInt(length - CHUNK_HEADER_BYTES).putInt(WEBP);
    for (Chunk chunk : chunks) {
      int next = out.position() + CHUNK_HEADER_BYTES + padded(chunk);
      out.putInt(chunk.type).putInt(chunk.bytes.capacity()).put(chunk.bytes.duplicate().clear());
      out.position(next);
    }
    return out.array();
  }

  private static int padded(Chunk chunk) {
    return chunk.bytes.capacity() + (chunk.bytes.capacity() & 1);
  }

  private static void require(Chunk chunk, int bytes) {
    if (chunk.bytes.capacity() < bytes) {
      throw malformed();
    }
  }

  private static int threeBytes(ByteBuffer in, int at) {
    return (in.get(at) & 0xff) | ((in.get(at + 1) & 0xff) << 8) | ((in.get(at + 2) & 0xff) << 16);
  }

  private static void putThreeBytes(ByteBuffer out, int value) {
    out.put((byte) value).put((byte) (value >>> 8)).put((byte) (value >>> 16));
  }

  private static ByteBuffer littleEndian(ByteBuffer bytes) {
    return bytes.order(ByteOrder.LITTLE_ENDIAN);
  }

  /// As it reads in little-endian order.
  private static int fourCc(String name) {
    return name.charAt(0) | (name.charAt(1) << 8) | (name.charAt(2) << 16) | (name.charAt(3) << 24);
  }

  private static ContentException truncated(byte[] file) {
    return new ContentException(
        "The WebP file is truncated: %d bytes without an end".formatted(file.length));
  }

  private static ContentException animated() {
    return new ContentException("The WebP file is animated; send a still picture");
  }

  private static ContentException malformed() {
    return new ContentException("The WebP file is malformed: its picture has no valid header");
  }
}
