/// A bare module timed alone: what `savior bench` holds the whole server against.
///
/// Owns the modules that it opened. May use `engine` and `config`; nothing of the server uses it.
@NullMarked
package io.saviorrec.server.bench;

import org.jspecify.annotations.NullMarked;
