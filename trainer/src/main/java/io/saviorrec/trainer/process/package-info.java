/// Other commands of `savior` in processes of their own: the demo and the benchmark run them.
///
/// Owns the processes that it started, which end with this one. May use `console`.
@NullMarked
package io.saviorrec.trainer.process;

import org.jspecify.annotations.NullMarked;
