/// What goes to a running server and how its answers are shown.
///
/// Owns the making of requests and of the explorer's file from data sets and files, and the tables
/// of rankings and replays. May use `data`, `data.log`, `console`, the load test's files of
/// requests, the explorer's file and the messages. It calls nobody: commands and the demo do, by
/// the client.
@NullMarked
package io.saviorrec.trainer.serving;

import org.jspecify.annotations.NullMarked;
