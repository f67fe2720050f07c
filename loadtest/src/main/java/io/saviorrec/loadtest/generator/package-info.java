/// Load on a server: calls that end before the next begins, and calls that begin when they were
/// meant to, whatever became of the others.
///
/// Owns the connections that it opens. Knows gRPC, one method by its name, and requests as bytes;
/// it uses no other room.
@NullMarked
package io.saviorrec.loadtest.generator;

import org.jspecify.annotations.NullMarked;
