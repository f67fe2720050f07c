/// The gRPC side: services, health, reflection, and the status of every failure.
///
/// Owns the ports' transport and its threads. May use `scoring` and `upsert`, which answer,
/// `access` for who may call, `config`, `request` and the messages; no other room knows its calls.
@NullMarked
package io.saviorrec.server.grpc;

import org.jspecify.annotations.NullMarked;
