package io.saviorrec.trainer.pretrained;

import java.util.List;

/// A tensor of a checkpoint whose numbers are read when they are asked for.
///
/// @param shape row-major
public record Weight(List<Long> shape, Values values) {
  /// Reads the numbers, row by row, as float32.
  @FunctionalInterface
  public interface Values {
    float[] read();
  }

  public Weight {
    shape = List.copyOf(shape);
  }

  public float[] floats() {
    return values.read();
  }
}
