/// Optimisers over groups of parameters, and how their learning rates change over a run.
///
/// Owns the optimisers' moments and accumulators, which live as long as the optimiser. May use the
/// tensor library and nothing of the project.
@NullMarked
package io.saviorrec.trainer.optim;

import org.jspecify.annotations.NullMarked;
