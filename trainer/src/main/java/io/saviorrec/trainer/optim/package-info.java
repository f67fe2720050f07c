/// Optimisers over groups of parameters, and how their learning rates change over a run.
@NullMarked
package io.saviorrec.trainer.optim;

import org.jspecify.annotations.NullMarked;
