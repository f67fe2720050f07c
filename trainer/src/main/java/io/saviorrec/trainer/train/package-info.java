/// The training run, from a data set to a bundle, stage by stage.
///
/// Owns the folder of finished stages, the keys that they are found by, the locks on them, and the
/// presets. May use every room that has a part in training, `evaluate` for the validation period,
/// `export`, and `model-loader`; no room but `cli` uses it.
@NullMarked
package io.saviorrec.trainer.train;

import org.jspecify.annotations.NullMarked;
