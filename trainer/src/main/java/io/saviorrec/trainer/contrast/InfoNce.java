package io.saviorrec.trainer.contrast;

import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// The symmetric InfoNCE loss (eq. 3) on the cosines of a batch's rows, with one temperature.
///
/// The scale 1/τ is learned as its logarithm and kept in [1, 100], the practice of CLIP.
public final class InfoNce {
  private static final double MAX_LOG_SCALE = Math.log(100);

  private final ScriptModule module = new ScriptModule("InfoNce");
  private final Tensor logScale;

  /// @param temperature the initial τ
  /// @param learned whether [#parameters] offers the scale for training
  public InfoNce(double temperature, boolean learned) {
    if (!(temperature >= 0.01 && temperature <= 1)) {
      throw new IllegalArgumentException("temperature must be in [0.01, 1], was " + temperature);
    }
    Tensor initial = torch.full(new long[0], new Scalar((float) -Math.log(temperature)));
    logScale =
        learned ? module.parameter("log_scale", initial) : module.buffer("log_scale", initial);
    module.defineResource("torchscript/infonce.py");
  }

  public Map<String, Tensor> parameters() {
    return module.parameters();
  }

  /// The mean loss of a batch, in nats.
  ///
  /// @param a `[B, D]`
  /// @param b `[B, D]`; row i belongs to row i of `a`
  /// @param excluded flat positions of `[B, B]` that are no negatives, see [PositivePairs#excluded]
  public Tensor loss(Tensor a, Tensor b, long[] excluded) {
    Tensor none = torch.zeros_like(a.detach().select(1, 0));
    return module.callTensor("forward", a, b, Tensors.longs(excluded, excluded.length), none, none);
  }

  /// As [#loss(Tensor, Tensor, long[])], with the logits of each column lowered by the logarithm of
  /// the probability with which its item is drawn, so that frequent items are not pushed away.
  ///
  /// @param logQA `[B]`
  /// @param logQB `[B]`
  public Tensor loss(Tensor a, Tensor b, long[] excluded, float[] logQA, float[] logQB) {
    return module.callTensor(
        "forward",
        a,
        b,
        Tensors.longs(excluded, excluded.length),
        Tensors.floats(logQA, logQA.length),
        Tensors.floats(logQB, logQB.length));
  }

  /// Keeps the scale in its range; to be called after each step of the optimiser.
  public void clamp() {
    logScale
        .detach()
        .clamp_(new ScalarOptional(new Scalar(0)), new ScalarOptional(new Scalar(MAX_LOG_SCALE)));
  }

  /// 1/τ now.
  public double scale() {
    return Math.exp(logScale.item_float());
  }
}
