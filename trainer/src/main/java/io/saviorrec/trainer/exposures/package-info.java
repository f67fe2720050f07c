/// The exposure log of servers with the clicks on it: read for experiments, and made into data
/// sets.
///
/// Owns how exposures and clicks meet. May use `data.table`, `data.prepare`, `data.log`, `console`
/// and the log's format in `model-loader`.
@NullMarked
package io.saviorrec.trainer.exposures;

import org.jspecify.annotations.NullMarked;
