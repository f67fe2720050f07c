/// The gRPC side: services, health, reflection, and the status of every failure.
///
/// Owns the transport. May use `scoring` and `upsert`, which answer, `config` and `request`; no
/// other package knows gRPC.
@NullMarked
package io.saviorrec.server.grpc;

import org.jspecify.annotations.NullMarked;
