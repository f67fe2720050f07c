/// Experiments whose outcome is known: users who click by a generated shop's true probabilities,
/// served by a real server.
///
/// May use `experiment` and `exposures`, which read them out, `process` and the client, which serve
/// them, `data`, `data.log` and `console`. With `evaluate` it is what looks at the truth.
@NullMarked
package io.saviorrec.trainer.simulation;

import org.jspecify.annotations.NullMarked;
