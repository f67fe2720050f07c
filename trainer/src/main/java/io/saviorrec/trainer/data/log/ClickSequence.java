package io.saviorrec.trainer.data.log;

import io.saviorrec.bundle.Safetensors;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;

/// Catalogue indices of all clicks of a log, by user and then by time, mapped from a file: every
/// history is a range of it.
///
/// Concurrency: like [Safetensors].
public final class ClickSequence implements AutoCloseable {
  /// The file's one tensor, i32 of one dimension.
  public static final String TENSOR = "item";

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Safetensors file;
  private final MemorySegment items;

  private ClickSequence(Safetensors file) {
    this.file = file;
    this.items = file.require(TENSOR, Safetensors.DType.I32, 1).data();
  }

  /// Maps a safetensors file.
  public static ClickSequence open(Path path) {
    return new ClickSequence(Safetensors.open(path));
  }

  /// The item of a click.
  public int item(long click) {
    return items.getAtIndex(INT, click);
  }

  /// Unmaps the file.
  @Override
  public void close() {
    file.close();
  }
}
