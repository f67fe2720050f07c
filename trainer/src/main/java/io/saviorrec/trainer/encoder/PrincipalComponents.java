package io.saviorrec.trainer.encoder;

import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// The directions in which a catalogue's items differ most.
final class PrincipalComponents {
  /// Items that tell how all of them differ.
  private static final int SAMPLE = 4096;

  private PrincipalComponents() {}

  /// The directions in which rows differ most, largest first, `[K, W]`.
  ///
  /// @param differences `[N, W]`, of mean 0
  /// @param most of them; fewer where rows are not as wide
  static Tensor of(Tensor differences, int most) {
    Tensor covariance = differences.t().matmul(differences).div(new Scalar(differences.size(0)));
    T_TensorTensor_T eigen = torch.linalg_eigh(covariance);
    // Ascending; the last are the largest.
    return upright(eigen.get1().t().flip(0).narrow(0, 0, Math.min(most, covariance.size(0))));
  }

  /// An eigenvector's sign is open: its largest entry is positive.
  private static Tensor upright(Tensor components) {
    Tensor largest = components.abs().argmax(new LongOptional(1), true);
    return components.mul(components.gather(1, largest).sign());
  }

  /// Of many items some, enough to tell how items differ.
  static int[] sample(int[] items) {
    return ItemInputs.evenly(items, SAMPLE);
  }
}
