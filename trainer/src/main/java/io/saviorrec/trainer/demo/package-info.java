/// `savior demo`: every step from data to a scored feed, each by the command that a user would run.
///
/// Owns the demo's work folder. May use `process`, which ends with it what it starts, `serving`,
/// `data`, `data.log`, `console`, the client, the messages and, of `model-loader`, `bundle` and
/// `content`; it trains and serves nothing in its own process.
@NullMarked
package io.saviorrec.trainer.demo;

import org.jspecify.annotations.NullMarked;
