package io.saviorrec.engine;

import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Function;

/// Bytes outside of the heap as a stream, which frees them when all were read or it is closed. Used
/// by one thread.
final class SegmentStream extends InputStream {

  private final Arena arena;
  private final MemorySegment bytes;
  private final long size;
  private long at;
  private boolean closed;

  private SegmentStream(Arena arena, MemorySegment bytes) {
    this.arena = arena;
    this.bytes = bytes;
    this.size = bytes.byteSize();
  }

  /// A stream of what `source` puts into the arena that it is given.
  static SegmentStream of(Function<Arena, MemorySegment> source) {
    Arena arena = Arena.ofConfined();
    try {
      return new SegmentStream(arena, source.apply(arena));
    } catch (Throwable e) {
      arena.close();
      throw e;
    }
  }

  @Override
  public int read() {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] out, int from, int length) {
    if (at == size) {
      close();
      return -1;
    }
    int count = (int) Math.min(length, size - at);
    MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at, out, from, count);
    at += count;
    return count;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      arena.close();
    }
  }
}
