package io.saviorrec.trainer.torch;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// The state of libtorch's random generator, which initial weights and dropout draw from.
public final class RandomState {
  private RandomState() {}

  public static byte[] save() {
    try (var _ = new PointerScope()) {
      Tensor state = torch.getDefaultCPUGenerator().get_state();
      byte[] bytes = new byte[Math.toIntExact(state.numel())];
      new BytePointer(state.data_ptr()).get(bytes);
      return bytes;
    }
  }

  /// Goes on from where [#save] was called.
  public static void restore(byte[] saved) {
    try (var _ = new PointerScope()) {
      torch.getDefaultCPUGenerator().set_state(Compute.fetched(Tensors.bytes(saved, saved.length)));
    }
  }
}
