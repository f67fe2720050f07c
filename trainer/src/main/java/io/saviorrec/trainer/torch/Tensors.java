package io.saviorrec.trainer.torch;

import org.bytedeco.javacpp.BoolPointer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/// Copies between Java arrays and CPU tensors. Every tensor owns its memory.
public final class Tensors {
  private Tensors() {}

  public static Tensor floats(float[] values, long... shape) {
    Tensor tensor = torch.empty(shape, new TensorOptions(ScalarType.Float), null);
    requireSize(values.length, tensor, shape);
    if (values.length > 0) {
      new FloatPointer(tensor.data_ptr()).put(values);
    }
    return tensor;
  }

  public static Tensor longs(long[] values, long... shape) {
    Tensor tensor = torch.empty(shape, new TensorOptions(ScalarType.Long), null);
    requireSize(values.length, tensor, shape);
    if (values.length > 0) {
      new LongPointer(tensor.data_ptr()).put(values);
    }
    return tensor;
  }

  public static Tensor bytes(byte[] values, long... shape) {
    Tensor tensor = torch.empty(shape, new TensorOptions(ScalarType.Byte), null);
    requireSize(values.length, tensor, shape);
    if (values.length > 0) {
      new BytePointer(tensor.data_ptr()).put(values);
    }
    return tensor;
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
    return tensor;
  }

  public static float[] toFloats(Tensor tensor) {
    Tensor plain = tensor.detach().to(ScalarType.Float).contiguous();
    float[] values = new float[Math.toIntExact(plain.numel())];
    if (values.length > 0) {
      new FloatPointer(plain.data_ptr()).get(values);
    }
    return values;
  }

  public static long[] toLongs(Tensor tensor) {
    Tensor plain = tensor.detach().to(ScalarType.Long).contiguous();
    long[] values = new long[Math.toIntExact(plain.numel())];
    if (values.length > 0) {
      new LongPointer(plain.data_ptr()).get(values);
    }
    return values;
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
