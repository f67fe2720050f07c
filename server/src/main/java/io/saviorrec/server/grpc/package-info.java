/// The gRPC side: services, health, reflection, and the status of every failure.
///
/// Owns the ports' transport and its threads. May use `scoring` and `upsert`, which answer,
/// `config`, `request`, `tracing` and the messages; no other room knows gRPC.
@NullMarked
package io.saviorrec.server.grpc;

import org.jspecify.annotations.NullMarked;
