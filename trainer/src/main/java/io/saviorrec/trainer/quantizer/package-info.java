/// The RQ-VAE: from an item's vector z to its semantic ID, one code a level.
///
/// Owns the network and its parameters while it trains, and the making of `rq.pt`. May use
/// `contrast`, `loop`, `optim`, `torch`, `console` and, of `model-loader`, `config`.
@NullMarked
package io.saviorrec.trainer.quantizer;

import org.jspecify.annotations.NullMarked;
