/// The commands of `savior` but `serve` and `token`: they parse options, call a room and print what
/// it returns.
///
/// Owns the program's entry and how errors are told. May use every other room, the client and
/// picocli, which no other room knows. No room uses it.
@NullMarked
package io.saviorrec.trainer.cli;

import org.jspecify.annotations.NullMarked;
