/// New versions of a bundle in which only what the log changes is new: the users' taste profiles.
///
/// Owns no state. May use `data`, `data.log`, `evaluate` for the items that a bundle lacks,
/// `export` for scores of golden requests, `torch`, `console` and, of `model-loader`, `bundle` and
/// `contract`.
@NullMarked
package io.saviorrec.trainer.refresh;

import org.jspecify.annotations.NullMarked;
