/// The one loop that trains every network: steps, epochs, schedule, progress, and an orderly end.
///
/// A network hands over what is its own, the losses of its batches, as a [TrainingTask]. Owns the
/// count of steps, the losses of a run and its checkpoints. May use `optim`, `torch`, `console`
/// and, of `model-loader`, the file format of tensors; knows no network.
@NullMarked
package io.saviorrec.trainer.loop;

import org.jspecify.annotations.NullMarked;
