package io.saviorrec.trainer.torch;

import io.saviorrec.bundle.Safetensors;
import io.saviorrec.bundle.TensorSource;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BoolPointer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// Copies between Java arrays and tensors, which are where [Compute] says. Every tensor owns its
/// memory.
public final class Tensors {
  /// A byte buffer holds no more than 2³¹ bytes; a part of a tensor is far smaller.
  private static final long PART_BYTES = 1 << 26;

  private Tensors() {}

  public static Tensor floats(float[] values, long... shape) {
    Tensor tensor = torch.empty(shape, new TensorOptions(ScalarType.Float), null);
    requireSize(values.length, tensor, shape);
    if (values.length > 0) {
      new FloatPointer(tensor.data_ptr()).put(values);
    }
    return Compute.placed(tensor);
  }

  public static Tensor longs(long[] values, long... shape) {
    Tensor tensor = torch.empty(shape, new TensorOptions(ScalarType.Long), null);
    requireSize(values.length, tensor, shape);
    if (values.length > 0) {
      new LongPointer(tensor.data_ptr()).put(values);
    }
    return Compute.placed(tensor);
  }

  public static Tensor bytes(byte[] values, long... shape) {
    Tensor tensor = torch.empty(shape, new TensorOptions(ScalarType.Byte), null);
    requireSize(values.length, tensor, shape);
    if (values.length > 0) {
      new BytePointer(tensor.data_ptr()).put(values);
    }
    return Compute.placed(tensor);
  }

  public static Tensor booleans(boolean[] values, long... shape) {
    Tensor tensor = torch.empty(shape, new TensorOptions(ScalarType.Bool), null);
    requireSize(values.length, tensor, shape);
    if (values.length > 0) {
      BoolPointer target = new BoolPointer(tensor.data_ptr());
      for (int i = 0; i < values.length; i++) {
        target.put(i, values[i]);
      }
    }
    return Compute.placed(tensor);
  }

  public static float[] toFloats(Tensor tensor) {
    Tensor plain = Compute.fetched(tensor.detach()).to(ScalarType.Float).contiguous();
    float[] values = new float[Math.toIntExact(plain.numel())];
    if (values.length > 0) {
      new FloatPointer(plain.data_ptr()).get(values);
    }
    return values;
  }

  public static long[] toLongs(Tensor tensor) {
    Tensor plain = Compute.fetched(tensor.detach()).to(ScalarType.Long).contiguous();
    long[] values = new long[Math.toIntExact(plain.numel())];
    if (values.length > 0) {
      new LongPointer(plain.data_ptr()).get(values);
    }
    return values;
  }

  /// The values of a contiguous float32 tensor, to be written to a file.
  public static TensorSource source(Tensor tensor) {
    long bytes = tensor.numel() * Float.BYTES;
    // The pointer does not keep the memory of a fetched tensor: the source does.
    Tensor here = Compute.fetched(tensor);
    BytePointer memory = new BytePointer(here.data_ptr());
    return new TensorSource(
        Safetensors.DType.F32,
        tensor.shape(),
        channel -> {
          for (long from = 0; from < bytes; from += PART_BYTES) {
            ByteBuffer part = part(memory, from, Math.min(bytes, from + PART_BYTES));
            while (part.hasRemaining()) {
              channel.write(part);
            }
          }
        });
  }

  /// Copies values into a contiguous float32 tensor.
  ///
  /// @param values little-endian, as many as the tensor has
  public static void fill(Tensor tensor, MemorySegment values) {
    long bytes = tensor.numel() * Float.BYTES;
    if (values.byteSize() != bytes) {
      throw new IllegalArgumentException(
          "%d bytes do not fill a tensor of %d".formatted(values.byteSize(), bytes));
    }
    if (tensor.is_cuda()) {
      Tensor here = torch.empty(tensor.shape(), new TensorOptions(ScalarType.Float), null);
      fill(here, values);
      tensor.copy_(here);
      return;
    }
    BytePointer memory = new BytePointer(tensor.data_ptr());
    for (long from = 0; from < bytes; from += PART_BYTES) {
      long to = Math.min(bytes, from + PART_BYTES);
      part(memory, from, to).put(values.asSlice(from, to - from).asByteBuffer());
    }
  }

  private static ByteBuffer part(BytePointer memory, long from, long to) {
    return new BytePointer(memory).position(from).limit(to).capacity(to).asByteBuffer();
  }

  /// Normal values with this standard deviation, from libtorch's global generator.
  public static Tensor normal(double standardDeviation, long... shape) {
    return torch.randn(shape).mul(new Scalar(standardDeviation));
  }

  /// Xavier (Glorot) uniform values for a weight of shape `[out, in]`.
  public static Tensor xavier(long out, long in) {
    return uniform(Math.sqrt(6.0 / (in + out)), out, in);
  }

  /// Uniform values in `[-bound, bound)`.
  public static Tensor uniform(double bound, long... shape) {
    return torch.rand(shape).mul(new Scalar(2 * bound)).sub(new Scalar(bound));
  }

  private static void requireSize(int length, Tensor tensor, long[] shape) {
    if (length != tensor.numel()) {
      throw new IllegalArgumentException(
          length + " values do not fill a tensor of shape " + java.util.Arrays.toString(shape));
    }
  }
}
