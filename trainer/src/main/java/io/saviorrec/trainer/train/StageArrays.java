package io.saviorrec.trainer.train;

import io.saviorrec.bundle.Safetensors;
import io.saviorrec.bundle.TensorSource;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Map;

/// Arrays of finished stages, as safetensors files.
final class StageArrays {
  private StageArrays() {}

  static void writeCodes(Path file, int[] codes, int levels, float[] codebook) {
    Safetensors.write(
        file,
        Map.of(
            "codes", TensorSource.of(codes, codes.length / levels, levels),
            "codebook", TensorSource.of(codebook, codebook.length)));
  }

  static float[] floats(Path file, String name, int rank) {
    try (Safetensors tensors = Safetensors.open(file)) {
      return tensors
          .require(name, Safetensors.DType.F32, rank)
          .data()
          .toArray(ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN));
    }
  }

  static int[] ints(Path file, String name, int rank) {
    try (Safetensors tensors = Safetensors.open(file)) {
      return tensors
          .require(name, Safetensors.DType.I32, rank)
          .data()
          .toArray(ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN));
    }
  }
}
