/// What a run says to its user beside its result: one-line errors and the display of progress.
///
/// Every room may use it; it uses none.
@NullMarked
package io.saviorrec.trainer.console;

import org.jspecify.annotations.NullMarked;
