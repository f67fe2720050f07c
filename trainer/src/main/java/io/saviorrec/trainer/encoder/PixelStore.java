package io.saviorrec.trainer.encoder;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// The preprocessed pixels of every item, in a mapped scratch file that disappears by itself.
///
/// Rows may be written from many threads, each row by one.
final class PixelStore implements AutoCloseable {
  private final Arena arena = Arena.ofShared();
  private final MemorySegment pixels;
  private final int rowBytes;

  private PixelStore(FileChannel channel, int rows, int rowBytes) throws IOException {
    this.rowBytes = rowBytes;
    this.pixels = channel.map(FileChannel.MapMode.READ_WRITE, 0, (long) rows * rowBytes, arena);
  }

  /// A store of black images whose file lies in `folder`.
  static PixelStore create(Path folder, int rows, int rowBytes) {
    try {
      Path file = Files.createTempFile(folder, ".pixels-", ".tmp");
      try (FileChannel channel =
          FileChannel.open(
              file,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE)) {
        return new PixelStore(channel, rows, rowBytes);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make room for pixels in " + folder, e);
    }
  }

  void put(int row, byte[] image) {
    MemorySegment.copy(image, 0, pixels, ValueLayout.JAVA_BYTE, (long) row * rowBytes, rowBytes);
  }

  void get(int row, byte[] target, int offset) {
    MemorySegment.copy(
        pixels, ValueLayout.JAVA_BYTE, (long) row * rowBytes, target, offset, rowBytes);
  }

  @Override
  public void close() {
    arena.close();
  }
}
