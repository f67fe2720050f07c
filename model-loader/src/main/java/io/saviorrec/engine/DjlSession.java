package io.saviorrec.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.saviorrec.contract.ArchiveSession;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A scope for some calls of one archive, in the thread that opens it; closing it frees all of
/// their tensors.
final class DjlSession implements ArchiveSession<NDArray>, AutoCloseable {
  private final Archive archive;
  private final Scratch scratch;
  private final @Nullable InferenceMode inference;
  private final NDManager scope;

  /// @param scratch where inputs lie until the session is closed
  /// @param inference on until the session is closed; null where there is none
  DjlSession(Archive archive, Scratch scratch, @Nullable InferenceMode inference) {
    this.archive = archive;
    this.scratch = scratch;
    this.inference = inference;
    this.scope = archive.scope();
    scratch.clear();
    if (inference != null) {
      inference.set(true);
    }
  }

  @Override
  public NDArray longs(long[] values, long... shape) {
    ByteBuffer memory = scratch.take(values.length * Long.BYTES);
    memory.asLongBuffer().put(values);
    return scope.create(memory, new Shape(shape), DataType.INT64);
  }

  @Override
  public NDArray floats(float[] values, long... shape) {
    ByteBuffer memory = scratch.take(values.length * Float.BYTES);
    memory.asFloatBuffer().put(values);
    return scope.create(memory, new Shape(shape), DataType.FLOAT32);
  }

  @Override
  public NDArray booleans(boolean[] values, long... shape) {
    return scope.create(values, new Shape(shape));
  }

  /// A tensor u8 of this shape, from a direct buffer.
  NDArray bytes(ByteBuffer values, long... shape) {
    return scope.create(values, new Shape(shape), DataType.UINT8);
  }

  /// Results belong to this scope, because the inputs do.
  @Override
  public NDList call(String method, List<NDArray> inputs) {
    return archive.call(method, inputs);
  }

  /// Calls a method that returns one tensor of this type and shape.
  NDArray callOne(String method, List<NDArray> inputs, DataType type, long... shape) {
    NDArray result = call(method, inputs).get(0);
    requireType(method + " gave", result, type);
    if (!Arrays.equals(shape(result), shape)) {
      throw new IllegalStateException(
          "%s gave a tensor of shape %s instead of %s"
              .formatted(method, Arrays.toString(shape(result)), Arrays.toString(shape)));
    }
    return result;
  }

  @Override
  public long[] shape(NDArray tensor) {
    return tensor.getShape().getShape();
  }

  @Override
  public float[] toFloats(NDArray tensor) {
    requireType("the result is", tensor, DataType.FLOAT32);
    return tensor.toFloatArray();
  }

  private static void requireType(String what, NDArray tensor, DataType type) {
    if (tensor.getDataType() != type) {
      throw new IllegalStateException(
          "%s a tensor of type %s instead of %s".formatted(what, tensor.getDataType(), type));
    }
  }

  @Override
  public void close() {
    try {
      scope.close();
    } finally {
      if (inference != null) {
        inference.set(false);
      }
    }
  }
}
