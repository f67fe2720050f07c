/// Contrastive learning on pairs of items: which pairs belong together, and the loss.
@NullMarked
package io.saviorrec.trainer.contrast;

import org.jspecify.annotations.NullMarked;
