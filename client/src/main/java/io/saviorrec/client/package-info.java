/// The client that ranking services use: deadlines, retries, TLS and balancing over servers.
///
/// Owns the channel to the servers, with its threads, until it is closed, and what a failed call
/// looks like. May use the messages (`proto`) and gRPC, and nothing else.
@NullMarked
package io.saviorrec.client;

import org.jspecify.annotations.NullMarked;
