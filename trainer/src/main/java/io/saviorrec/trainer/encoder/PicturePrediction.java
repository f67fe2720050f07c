package io.saviorrec.trainer.encoder;

import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// The loss of predicting from an item's z, whole or of its words alone, how its picture looks:
/// colours and their variation on a coarse grid.
///
/// A contrastive loss is content with whatever tells items apart; this one asks for light, colours
/// and textures, which people see first. Its weights are not part of the archive.
final class PicturePrediction {
  /// Cells along each side.
  private static final int GRID = 8;

  /// A colour that hardly differs between pictures is not blown up to count like the others.
  private static final double LEAST_DEVIATION = 1e-3;

  private final ScriptModule module = new ScriptModule("PicturePrediction");
  private final Tensor mean;
  private final Tensor deviation;

  PicturePrediction(int zDim) {
    int width = 6 * GRID * GRID;
    module.parameter("weight", Tensors.normal(0.02, width, zDim));
    module.parameter("bias", torch.zeros(width));
    this.mean = module.buffer("mean", torch.zeros(width));
    this.deviation = module.buffer("deviation", torch.ones(width));
    module.attribute("grid", GRID);
    // z has unit length; this makes its entries about one.
    module.attribute("scale", Math.sqrt(zDim));
    module.defineResource("torchscript/picture.py");
  }

  Map<String, Tensor> parameters() {
    return module.parameters();
  }

  /// Takes the scale of each statistic from these pictures, at least two.
  ///
  /// @param images u8 `[N, 3, H, W]`
  void standardise(Tensor images) {
    try (var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      Tensor statistics = module.callTensor("statistics", images);
      mean.copy_(statistics.mean(0));
      deviation.copy_(
          statistics
              .sub(mean)
              .square()
              .mean(0)
              .sqrt()
              .clamp_min(new Scalar((float) LEAST_DEVIATION)));
    }
  }

  /// What is to be predicted of each picture.
  ///
  /// @param images u8 `[B, 3, H, W]`
  Tensor target(Tensor images) {
    return module.callTensor("target", images);
  }

  /// Mean squared error over the items that have a picture, 1 for a prediction that knows nothing.
  ///
  /// @param z `[B, D]`
  /// @param target see [#target]
  /// @param imagePresent `[B]`
  Tensor loss(Tensor z, Tensor target, Tensor imagePresent) {
    return module.callTensor("forward", z, target, imagePresent);
  }
}
