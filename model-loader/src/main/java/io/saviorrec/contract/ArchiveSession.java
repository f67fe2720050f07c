package io.saviorrec.contract;

import java.util.List;

/// An engine's side of a few calls of one archive: makes inputs, runs methods, reads results.
///
/// Tensors live as long as the session. Used by one thread.
///
/// @param <T> the engine's tensors
public interface ArchiveSession<T> {
  /// A tensor i64 of this shape.
  T longs(long[] values, long... shape);

  /// A tensor f32 of this shape.
  T floats(float[] values, long... shape);

  /// A tensor bool of this shape.
  T booleans(boolean[] values, long... shape);

  /// Runs a method: its result, or the elements of the tuple that it returns.
  List<T> call(String method, List<T> inputs);

  long[] shape(T tensor);

  /// The elements of a tensor f32, row-major.
  float[] toFloats(T tensor);
}
