/// What people and machines that look after the server see of it over HTTP: metrics, health,
/// models, settings and a status page.
///
/// Owns the HTTP server, its thread and its connections. May use `health`, `access` for who may see
/// what, and Netty, which gRPC brings; what the server says of itself is handed over.
@NullMarked
package io.saviorrec.server.admin;

import org.jspecify.annotations.NullMarked;
