/// The server's program: [Server] wires the rooms by hand and starts and stops them in order, and
/// `serve` is its command.
///
/// Owns the life of everything that the rooms own: what it opens it closes, in reverse. May use
/// every room; none uses it.
@NullMarked
package io.saviorrec.server;

import org.jspecify.annotations.NullMarked;
