/// What a data set is like and what it is good for, before an hour is spent on training with it.
///
/// Owns the limits beyond which something is worth a warning. May use `data` and its rooms,
/// `evaluate` for scores that need no model, `console` and, of `model-loader`, `content`. Only
/// `cli` uses it.
@NullMarked
package io.saviorrec.trainer.check;

import org.jspecify.annotations.NullMarked;
