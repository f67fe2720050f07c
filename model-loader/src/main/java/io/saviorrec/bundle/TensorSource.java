package io.saviorrec.bundle;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;

/// A tensor to be written to a safetensors file.
///
/// @param dtype its element type
/// @param shape its shape, row-major
/// @param content writes all elements, little-endian
public record TensorSource(Safetensors.DType dtype, long[] shape, Content content) {

  /// Writes the elements of a tensor, so that a large one need not be in memory at once.
  @FunctionalInterface
  public interface Content {
    void writeTo(WritableByteChannel channel) throws IOException;
  }

  private static final int CHUNK_BYTES = 1 << 16;

  /// A tensor of 32-bit floats.
  public static TensorSource of(float[] values, long... shape) {
    checkCount(values.length, shape);
    return new TensorSource(
        Safetensors.DType.F32,
        shape,
        channel -> inChunks(channel, values.length, Float.BYTES, (b, i) -> b.putFloat(values[i])));
  }

  /// A tensor of 64-bit integers.
  public static TensorSource of(long[] values, long... shape) {
    checkCount(values.length, shape);
    return new TensorSource(
        Safetensors.DType.I64,
        shape,
        channel -> inChunks(channel, values.length, Long.BYTES, (b, i) -> b.putLong(values[i])));
  }

  /// A tensor of 32-bit integers.
  public static TensorSource of(int[] values, long... shape) {
    checkCount(values.length, shape);
    return new TensorSource(
        Safetensors.DType.I32,
        shape,
        channel -> inChunks(channel, values.length, Integer.BYTES, (b, i) -> b.putInt(values[i])));
  }

  /// A tensor of unsigned bytes.
  public static TensorSource of(byte[] values, long... shape) {
    checkCount(values.length, shape);
    return new TensorSource(
        Safetensors.DType.U8, shape, channel -> writeAll(channel, ByteBuffer.wrap(values)));
  }

  @FunctionalInterface
  private interface Element {
    void put(ByteBuffer buffer, int index);
  }

  private static void inChunks(
      WritableByteChannel channel, int count, int elementBytes, Element element)
      throws IOException {
    ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      element.put(chunk, i);
      if (chunk.remaining() < elementBytes) {
        writeAll(channel, chunk.flip());
        chunk.clear();
      }
    }
    writeAll(channel, chunk.flip());
  }

  static void writeAll(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static void checkCount(int count, long... shape) {
    long elements = 1;
    for (long side : shape) {
      elements = Math.multiplyExact(elements, side);
    }
    if (elements != count) {
      throw new IllegalArgumentException(
          "%d values do not fill the shape %s".formatted(count, java.util.Arrays.toString(shape)));
    }
  }
}
