/// `savior import movielens`: a MovieLens release as a data set.
///
/// Owns the reading of the release's files; the folder that it writes is an
/// [io.saviorrec.trainer.data.table.OutputFolder]. May use `data.table`, `data.prepare`,
/// `data.log`, `console`, the database's SQL and Jackson.
@NullMarked
package io.saviorrec.trainer.movielens;

import org.jspecify.annotations.NullMarked;
