/// Contrastive learning on pairs of items: which pairs belong together, the loss, and how well
/// neighbours fit.
///
/// Owns no state but the walk over the pairs that one training draws from. May use `data.log` and
/// `torch`.
@NullMarked
package io.saviorrec.trainer.contrast;

import org.jspecify.annotations.NullMarked;
