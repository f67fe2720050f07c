/// Whether work is taken on: room and deadlines.
///
/// Owns the count of admitted work. May use `request`; it knows neither threads nor queues, which
/// are those of `batching`.
@NullMarked
package io.saviorrec.server.admission;

import org.jspecify.annotations.NullMarked;
