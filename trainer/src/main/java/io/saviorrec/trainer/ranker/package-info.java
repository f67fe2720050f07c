/// The click model: its configuration, its network (MBA, BiD-TA, DNN), its training, and its
/// predictions for a log.
///
/// Owns the network and its parameters. May use `data.log`, `loop`, `optim`, `torch`, `console`
/// and, of `model-loader`, `config`, `contract` and `feature`.
@NullMarked
package io.saviorrec.trainer.ranker;

import org.jspecify.annotations.NullMarked;
