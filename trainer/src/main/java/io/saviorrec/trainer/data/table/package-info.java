/// Raw tables: the format of a data set on disk, reading its files, checking every row and counting
/// those that cannot be used; also what writes tables and folders in that format.
///
/// Owns the embedded database, the tables `items`, `impressions` and `users` in it, the folder that
/// it spills into, and the words of errors about files. May use `console`, the ranker's contract
/// for the id that it reserves, the messages, DuckDB and Jackson; knows neither page views nor
/// training.
@NullMarked
package io.saviorrec.trainer.data.table;

import org.jspecify.annotations.NullMarked;
