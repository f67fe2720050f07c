package io.saviorrec.trainer.encoder;

import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// The loss of predicting words from z: an item's own, from its z or from that of its image alone,
/// or those of items that were clicked together with it.
///
/// A contrastive loss is content with whatever tells items apart, often an odd word; this one asks
/// for every word. A word counts by one over the root of its frequency: frequent ones, brands and
/// fillers, say least. Its weights are not part of the archive.
final class WordPrediction {
  private final ScriptModule module = new ScriptModule("WordPrediction");

  /// @param counts of each token in the training items
  WordPrediction(long[] counts, int zDim) {
    module.parameter("weight", Tensors.normal(0.02, counts.length, zDim));
    module.parameter("bias", torch.zeros(counts.length));
    module.buffer("importance", Tensors.floats(importance(counts), counts.length));
    // z has unit length; this makes its entries about one.
    module.attribute("scale", Math.sqrt(zDim));
    module.defineResource("torchscript/words.py");
  }

  /// Weights whose mean over the text is 1; special tokens have none.
  static float[] importance(long[] counts) {
    double total = 0;
    double words = 0;
    for (int id = TokenizerBuilder.SPECIAL.size(); id < counts.length; id++) {
      total += Math.sqrt((double) counts[id]);
      words += counts[id];
    }
    float[] importance = new float[counts.length];
    for (int id = TokenizerBuilder.SPECIAL.size(); id < counts.length; id++) {
      importance[id] =
          counts[id] == 0 ? 0 : (float) (words / total / Math.sqrt((double) counts[id]));
    }
    return importance;
  }

  Map<String, Tensor> parameters() {
    return module.parameters();
  }

  /// Nats per token.
  ///
  /// @param z `[B, D]`
  /// @param tokenIds `[B, T]`
  /// @param tokenMask `[B, T]`
  Tensor loss(Tensor z, Tensor tokenIds, Tensor tokenMask) {
    return module.callTensor("forward", z, tokenIds, tokenMask);
  }
}
