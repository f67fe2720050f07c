/// The one loop that trains every network: steps, epochs, schedule, progress, and an orderly end.
///
/// A network hands over what is its own, the losses of its batches, as a [TrainingTask]. The room
/// knows tensors and optimisers and no network.
@NullMarked
package io.saviorrec.trainer.loop;

import org.jspecify.annotations.NullMarked;
