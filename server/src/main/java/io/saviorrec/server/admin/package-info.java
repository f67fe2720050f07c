/// What people and machines that look after the server see of it over HTTP: metrics, health and a
/// status page.
///
/// Owns the HTTP server and its threads. May use `metrics` and the platform's HTTP server; what the
/// server says of itself is handed over.
@NullMarked
package io.saviorrec.server.admin;

import org.jspecify.annotations.NullMarked;
