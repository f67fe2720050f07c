/// Tries to break the server from outside: a real process, real bundles and a real port.
///
/// Owns the processes that it starts and the raw connections to them. Uses of the server nothing
/// but its program, its settings' names and its messages.
@NullMarked
package io.saviorrec.server.proof;

import org.jspecify.annotations.NullMarked;
