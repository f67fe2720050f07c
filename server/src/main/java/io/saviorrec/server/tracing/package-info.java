/// Where calls stand in the traces of their callers.
///
/// Owns the spans, the queue in which they wait for the collector, and OpenTelemetry, which no
/// other room knows. May use `request`, whose [io.saviorrec.server.request.CallTrace] it fills,
/// `config` and `metrics`.
@NullMarked
package io.saviorrec.server.tracing;

import org.jspecify.annotations.NullMarked;
