/// The gRPC side: services, health, reflection, and the status of every failure.
///
/// Owns the port's connections and their threads, and what a call may take before it is an object.
/// May use `scoring` and `upsert`, which answer, `oip`, which translates, `access` for who may
/// call, `admission` for the memory that calls hold, `store` for its failures, `tracing`, `config`,
/// `request` and the messages; no other room knows its calls.
@NullMarked
package io.saviorrec.server.grpc;

import org.jspecify.annotations.NullMarked;
