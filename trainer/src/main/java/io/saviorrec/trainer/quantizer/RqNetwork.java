package io.saviorrec.trainer.quantizer;

import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import java.util.random.RandomGenerator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// The parameters of the RQ-VAE behind the methods of `rq.py`.
public final class RqNetwork {
  private static final int KMEANS_ITERATIONS = 10;

  private RqNetwork() {}

  /// A network whose layers are random and whose codes are zero until [#fitCodebook].
  public static ScriptModule create(QuantizerConfig config, int zDim) {
    ScriptModule module = new ScriptModule("ResidualQuantizer");
    int hidden = config.hidden();
    linear(module, "enc_1", hidden, zDim);
    linear(module, "enc_2", hidden, hidden);
    linear(module, "enc_3", config.codeDim(), hidden);
    linear(module, "dec_1", hidden, config.codeDim());
    linear(module, "dec_2", hidden, hidden);
    linear(module, "dec_3", zDim, hidden);
    module.parameter(
        "codebook", torch.zeros(config.levels(), config.codebookSize(), config.codeDim()));
    return module.defineResource("torchscript/rq.py");
  }

  private static void linear(ScriptModule module, String name, int out, int in) {
    module.parameter(name + "_weight", Tensors.xavier(out, in));
    module.parameter(name + "_bias", torch.zeros(out));
  }

  /// Residual k-means: each level's codes become the centres of what the levels before left over.
  ///
  /// @param z at least as many rows as a level has codes
  static void fitCodebook(ScriptModule module, Tensor z, RandomGenerator random) {
    ScriptModule kMeans = new ScriptModule("KMeans").defineResource("torchscript/kmeans.py");
    Tensor codebook = module.parameter("codebook").detach();
    int codes = (int) codebook.size(1);
    try (var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      Tensor residual = module.callTensor("encode", z);
      int rows = (int) residual.size(0);
      for (int level = 0; level < codebook.size(0); level++) {
        long[] seeds = random.ints(0, rows).distinct().limit(codes).asLongStream().toArray();
        Tensor initial = residual.index_select(0, Tensors.longs(seeds, codes));
        var fitted = kMeans.callTensors("forward", residual, initial, KMEANS_ITERATIONS);
        codebook.select(0, level).copy_(fitted.get(0));
        residual = residual.sub(fitted.get(0).index_select(0, fitted.get(1)));
      }
    }
  }
}
