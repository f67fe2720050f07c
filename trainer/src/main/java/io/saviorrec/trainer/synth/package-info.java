/// A generated catalogue and click log whose true click probabilities are known.
@NullMarked
package io.saviorrec.trainer.synth;

import org.jspecify.annotations.NullMarked;
