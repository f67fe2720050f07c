/// What a run says to its user beside its result: one-line errors, the display of progress, and the
/// orderly end when it is asked to stop.
///
/// Owns the progress bar and, while a run goes on, the hook that holds the end of the process.
/// Every room may use it; it uses none.
@NullMarked
package io.saviorrec.trainer.console;

import org.jspecify.annotations.NullMarked;
