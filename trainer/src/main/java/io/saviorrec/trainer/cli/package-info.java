/// The commands of `savior` but `serve`: they parse options, call a room and print what it returns.
///
/// It owns the program's entry and how errors are told. It may use every other room; none uses it.
@NullMarked
package io.saviorrec.trainer.cli;

import org.jspecify.annotations.NullMarked;
