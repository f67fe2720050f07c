/// Optimisers and learning-rate schedules.
@NullMarked
package io.saviorrec.trainer.optim;

import org.jspecify.annotations.NullMarked;
