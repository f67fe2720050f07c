package io.saviorrec.trainer.encoder;

import io.saviorrec.trainer.console.DiskFault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/// The preprocessed pixels of every item, in a scratch file that disappears by itself; a row that
/// was not written is black.
///
/// The file is read and written and not mapped: where the disk is full, a write says so, and a
/// mapped page ends the process. Rows may be written from many threads, each row by one.
final class PixelStore implements AutoCloseable {
  private final Path folder;
  private final FileChannel channel;
  private final long bytes;
  private final int rowBytes;
  private final AtomicLong written = new AtomicLong();

  /// @param channel open for reading and writing, and closed by this store
  PixelStore(Path folder, FileChannel channel, long rows, int rowBytes) {
    this.folder = folder;
    this.channel = channel;
    this.bytes = rows * rowBytes;
    this.rowBytes = rowBytes;
  }

  /// A store of black images whose file lies in `folder`.
  static PixelStore create(Path folder, int rows, int rowBytes) {
    try {
      Path file = Files.createTempFile(folder, ".pixels-", ".tmp");
      return new PixelStore(
          folder,
          FileChannel.open(
              file,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE),
          rows,
          rowBytes);
    } catch (IOException e) {
      throw DiskFault.writing(folder, (long) rows * rowBytes, e);
    }
  }

  void put(int row, byte[] image) {
    ByteBuffer source = ByteBuffer.wrap(image, 0, rowBytes);
    try {
      while (source.hasRemaining()) {
        channel.write(source, (long) row * rowBytes + source.position());
      }
    } catch (IOException e) {
      throw DiskFault.writing(folder, bytes - written.get(), e);
    }
    written.addAndGet(rowBytes);
  }

  void get(int row, byte[] target, int offset) {
    ByteBuffer part = ByteBuffer.wrap(target, offset, rowBytes);
    long start = (long) row * rowBytes - offset;
    try {
      while (part.hasRemaining()) {
        if (channel.read(part, start + part.position()) < 0) {
          // The file ends with the last row that was written.
          Arrays.fill(target, part.position(), offset + rowBytes, (byte) 0);
          return;
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read pixels in " + folder, e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot close the pixels in " + folder, e);
    }
  }
}
