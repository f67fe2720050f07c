/// The log that training reads: impressions part by part, items, daily statistics, co-clicked pairs
/// and the cuts of time as plain arrays, however they were prepared and wherever they are stored.
///
/// Owns the meaning of these arrays, the length of a day, and the reading of shards ahead. Knows no
/// SQL, no table file and no other room of `data`. May use `console` and, of `model-loader`,
/// `bundle` for mapped files, `content` and `feature`.
@NullMarked
package io.saviorrec.trainer.data.log;

import org.jspecify.annotations.NullMarked;
