package io.saviorrec.trainer.encoder;

import io.saviorrec.trainer.torch.ScriptModule;
import java.nio.file.Path;

/// Networks that start from weights and see no texts.
final class StartedNetwork {
  private StartedNetwork() {}

  static ScriptModule of(EncoderConfig config, InitialWeights weights, Path folder) {
    Path tokenizer = folder.resolve("started-tokenizer.json");
    Vocabulary vocabulary = weights.writeTokenizer(tokenizer, config, new TokenizerBuilder());
    return EncoderNetwork.create(config, weights, vocabulary, new long[vocabulary.size()]);
  }
}
