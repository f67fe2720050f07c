/// Whole tables of the paper: their rows trained with several seeds, and what statistics say of
/// them.
///
/// Owns the folder of an experiment, in which finished cells stay. May use `train`, `evaluate`,
/// `ranker`, `quantizer` (its sizes), `data` and its rooms, `metric`, `console` and `model-loader`.
@NullMarked
package io.saviorrec.trainer.tables;

import org.jspecify.annotations.NullMarked;
