/// Preparation of training input: page views with their histories, and shards of them, daily item
/// statistics, sizes of feature columns, the split by time, co-clicked pairs, a base click model
/// for logs without one, and the truth of generated data.
///
/// All of it reads the checked tables of `table` and hands over arrays of `log`. The work is SQL,
/// kept to what other engines have too where that costs nothing, and to what the database does
/// outside memory: no window over the whole log, no list of a group. Opens no file of a data set
/// but the truth. May use `data.table`, `data.log`, `console`, the messages and, of `model-loader`,
/// `bundle`, `config` and `feature`.
@NullMarked
package io.saviorrec.trainer.data.prepare;

import org.jspecify.annotations.NullMarked;
