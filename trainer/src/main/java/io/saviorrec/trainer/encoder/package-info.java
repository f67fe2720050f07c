/// SaviorEnc: from an item's picture and words to its vector z (stages 0 and 1).
///
/// Owns the network and its parameters while it trains, the scratch file of preprocessed pixels,
/// and the making of `encoder.pt` and `tokenizer.json`. May use `pretrained`, `contrast`, `loop`,
/// `optim`, `torch`, `console` and, of `model-loader`, `bundle`, `config` and `content`.
@NullMarked
package io.saviorrec.trainer.encoder;

import org.jspecify.annotations.NullMarked;
