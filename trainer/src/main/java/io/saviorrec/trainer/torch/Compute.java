package io.saviorrec.trainer.torch;

import io.saviorrec.trainer.console.UserError;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;

/// Where tensors are kept and computed with: one choice for the whole process, made before the
/// first tensor.
public enum Compute {
  CPU(DeviceType.CPU),
  /// The machine's first CUDA device.
  CUDA(DeviceType.CUDA);

  private static volatile Compute current = CPU;

  private final DeviceType type;

  Compute(DeviceType type) {
    this.type = type;
  }

  /// Chooses it for every tensor from now on.
  public void use() {
    if (this == CUDA && !torch.hasCUDA()) {
      throw new UserError(
          "--device cuda: the libtorch of this build has no CUDA; use --device cpu, or a build with JavaCPP's pytorch of the classifier linux-x86_64-gpu");
    }
    if (this == CUDA && !torch.cuda_is_available()) {
      throw new UserError(
          "--device cuda: libtorch finds no CUDA device that it can use; see whether nvidia-smi lists one, or use --device cpu");
    }
    current = this;
  }

  public static Compute current() {
    return current;
  }

  /// The tensor there, itself where that is where it is.
  static Tensor placed(Tensor tensor) {
    return current == CPU ? tensor : tensor.to(current.device(), tensor.scalar_type());
  }

  /// The tensor in the machine's memory.
  static Tensor fetched(Tensor tensor) {
    return tensor.is_cuda() ? tensor.to(CPU.device(), tensor.scalar_type()) : tensor;
  }

  Device device() {
    return new Device(type);
  }
}
