/// The command line of `savior load`.
///
/// Owns the options of every command that calls a server, which commands of other programs use too,
/// and the live line. May use every room.
@NullMarked
package io.saviorrec.loadtest.cli;

import org.jspecify.annotations.NullMarked;
