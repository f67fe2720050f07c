/// The command line of the trainer: the program's entry, its errors and its progress display.
@NullMarked
package io.saviorrec.trainer.cli;

import org.jspecify.annotations.NullMarked;
