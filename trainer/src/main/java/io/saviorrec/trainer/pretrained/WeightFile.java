package io.saviorrec.trainer.pretrained;

import io.saviorrec.bundle.Safetensors;
import java.nio.file.Path;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/// An open file of named weights: safetensors, or what PyTorch saves.
interface WeightFile extends AutoCloseable {

  /// All weights by the names that they have in the file.
  SortedMap<String, Weight> weights();

  @Override
  void close();

  /// Opens a file of the kind that its name tells.
  ///
  /// @throws io.saviorrec.trainer.console.UserError when it is not what it says
  static WeightFile open(Path file) {
    return file.toString().endsWith(".safetensors")
        ? ofSafetensors(file)
        : StateDictFile.open(file);
  }

  private static WeightFile ofSafetensors(Path file) {
    Safetensors tensors = Safetensors.open(file);
    SortedMap<String, Weight> weights = new TreeMap<>();
    tensors
        .tensors()
        .forEach(
            (name, tensor) -> weights.put(name, new Weight(tensor.shape(), () -> all(tensor))));
    return new WeightFile() {
      @Override
      public SortedMap<String, Weight> weights() {
        return Collections.unmodifiableSortedMap(weights);
      }

      @Override
      public void close() {
        tensors.close();
      }
    };
  }

  private static float[] all(Safetensors.Tensor tensor) {
    ElementType type = ElementType.of(tensor.dtype());
    float[] values = new float[Math.toIntExact(tensor.data().byteSize() / type.bytes())];
    for (int i = 0; i < values.length; i++) {
      values[i] = type.at(tensor.data(), i);
    }
    return values;
  }
}
