/// The client that ranking services use: deadlines, retries, TLS and balancing over servers.
///
/// It owns the channel to the servers and what a failed call looks like. It may use the contract
/// (`proto`) and gRPC, and nothing else.
@NullMarked
package io.saviorrec.client;

import org.jspecify.annotations.NullMarked;
