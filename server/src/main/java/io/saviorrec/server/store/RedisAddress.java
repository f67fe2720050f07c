package io.saviorrec.server.store;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Where a Redis is, and how it is spoken to.
///
/// @param tls whether the connection is encrypted
/// @param authorities PEM file of those that may have signed its certificate; null: the platform's
/// @param user to log in as; null: the default one
/// @param passwordFile read at each connection; null: no password
/// @param keyPrefix begins the names of all keys
/// @param timeout for a connection and for each answer
/// @param waitReplicas replicas that must have a write
public record RedisAddress(
    String host,
    int port,
    boolean tls,
    @Nullable Path authorities,
    @Nullable String user,
    @Nullable Path passwordFile,
    String keyPrefix,
    Duration timeout,
    int waitReplicas) {
  @Override
  public String toString() {
    return host + ":" + port;
  }
}
