/// The log that training reads: impressions, items, daily statistics, co-clicked pairs and the cuts
/// of time as plain arrays, however they were prepared.
///
/// Owns the meaning of these arrays and the length of a day. Knows no SQL, no table file and no
/// other room of `data`. May use `console` and, of `model-loader`, `content` and `feature`.
@NullMarked
package io.saviorrec.trainer.data.log;

import org.jspecify.annotations.NullMarked;
