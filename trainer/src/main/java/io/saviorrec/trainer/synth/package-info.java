/// A generated catalogue and click log whose true click probabilities are known.
///
/// Owns the generated world, which lives in memory until it is written, and the random streams that
/// it is drawn from. May use `data.table`, `data.log`, `metric` and `console`; it learns nothing
/// from the model.
@NullMarked
package io.saviorrec.trainer.synth;

import org.jspecify.annotations.NullMarked;
