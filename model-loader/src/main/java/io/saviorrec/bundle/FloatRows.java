package io.saviorrec.bundle;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.Map;

/// A matrix of floats outside the heap, read row by row: it may have more elements than an array.
///
/// Concurrency: reading is safe from any thread; rows are written before they are shared.
public final class FloatRows implements AutoCloseable {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MemorySegment values;
  private final int rows;
  private final int width;
  private final Runnable close;

  private FloatRows(MemorySegment values, int rows, int width, Runnable close) {
    this.values = values;
    this.rows = rows;
    this.width = width;
    this.close = close;
  }

  /// Maps a tensor of two dimensions of a safetensors file.
  ///
  /// @throws BundleException when it is missing or malformed
  public static FloatRows open(Path file, String name) {
    Safetensors tensors = Safetensors.open(file);
    try {
      Safetensors.Tensor tensor = tensors.require(name, Safetensors.DType.F32, 2);
      return new FloatRows(
          tensor.data(),
          Math.toIntExact(tensor.shape().get(0)),
          Math.toIntExact(tensor.shape().get(1)),
          tensors::close);
    } catch (RuntimeException e) {
      tensors.close();
      throw e;
    }
  }

  /// Rows of zeros, whose memory goes when nobody has them any more.
  public static FloatRows zeros(int rows, int width) {
    return new FloatRows(
        Arena.ofAuto().allocate(Math.max(1, (long) rows * width * Float.BYTES), Float.BYTES),
        rows,
        width,
        () -> {});
  }

  /// A copy of rows that lie one behind the other.
  public static FloatRows of(float[] values, int width) {
    FloatRows copy = zeros(values.length / width, width);
    MemorySegment.copy(values, 0, copy.values, FLOAT, 0, values.length);
    return copy;
  }

  /// Writes rows to a safetensors file as they come.
  ///
  /// @param source writes rows of `width` floats, as many as are promised
  public static void write(Path file, String name, int rows, int width, Source source) {
    Safetensors.write(
        file,
        Map.of(
            name,
            new TensorSource(
                Safetensors.DType.F32,
                new long[] {rows, width},
                channel -> source.writeTo(new Sink(channel)))));
  }

  /// Gives rows one after the other.
  @FunctionalInterface
  public interface Source {
    void writeTo(Sink sink) throws IOException;
  }

  /// Takes rows one after the other.
  public static final class Sink {
    private final WritableByteChannel channel;
    private final ByteBuffer chunk =
        ByteBuffer.allocateDirect(1 << 16).order(ByteOrder.LITTLE_ENDIAN);

    private Sink(WritableByteChannel channel) {
      this.channel = channel;
    }

    /// Writes floats, of one row or of several.
    public void add(float[] values) throws IOException {
      for (int from = 0; from < values.length; from += chunk.capacity() / Float.BYTES) {
        int count = Math.min(values.length - from, chunk.capacity() / Float.BYTES);
        chunk.clear();
        chunk.asFloatBuffer().put(values, from, count);
        chunk.limit(count * Float.BYTES);
        TensorSource.writeAll(channel, chunk);
      }
    }
  }

  public int rows() {
    return rows;
  }

  public int width() {
    return width;
  }

  /// Copies a row to `out[at .. at + width)`.
  public void copy(int row, float[] out, int at) {
    copy(row, 1, out, at);
  }

  /// Copies some rows, one behind the other.
  public void copy(int from, int count, float[] out, int at) {
    MemorySegment.copy(values, FLOAT, offset(from), out, at, count * width);
  }

  /// Writes a row.
  public void put(int row, float[] in, int at) {
    MemorySegment.copy(in, at, values, FLOAT, offset(row), width);
  }

  private long offset(int row) {
    return (long) row * width * Float.BYTES;
  }

  /// Unmaps the file, if there is one.
  @Override
  public void close() {
    close.run();
  }
}
