package io.saviorrec.trainer.encoder;

import io.saviorrec.trainer.torch.ScriptModule;
import io.saviorrec.trainer.torch.Tensors;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// The loss of predicting an item's words from its z, alone or with the image alone.
///
/// A contrastive loss is content with whatever tells items apart, often an odd word; this one asks
/// for every word. Its weights are not part of the archive.
final class WordPrediction {
  private final ScriptModule module = new ScriptModule("WordPrediction");

  WordPrediction(int vocabulary, int zDim) {
    module.parameter("weight", Tensors.normal(0.02, vocabulary, zDim));
    module.parameter("bias", torch.zeros(vocabulary));
    // z has unit length; this makes its entries about one.
    module.attribute("scale", Math.sqrt(zDim));
    module.defineResource("torchscript/words.py");
  }

  Map<String, Tensor> parameters() {
    return module.parameters();
  }

  /// Nats per token, special tokens left out.
  ///
  /// @param z `[B, D]`
  /// @param tokenIds `[B, T]`
  /// @param tokenMask `[B, T]`
  Tensor loss(Tensor z, Tensor tokenIds, Tensor tokenMask) {
    return module.callTensor("forward", z, tokenIds, tokenMask, TokenizerBuilder.SPECIAL.size());
  }
}
