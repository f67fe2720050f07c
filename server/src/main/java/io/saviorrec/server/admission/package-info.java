/// Whether work is taken on: room, deadlines, and what is done to requests under overload.
///
/// Owns the count of admitted work and what it should take. May use `config` and `request`; it
/// knows neither threads nor queues, which are those of `batching`.
@NullMarked
package io.saviorrec.server.admission;

import org.jspecify.annotations.NullMarked;
