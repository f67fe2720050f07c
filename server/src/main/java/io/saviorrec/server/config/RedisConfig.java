package io.saviorrec.server.config;

import io.saviorrec.config.Check;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// The Redis that several servers share their items by.
///
/// @param address its host and port, as in `redis.example:6379`
/// @param tls whether the connection is encrypted; then its certificate must be that of the host
/// @param authorities PEM file of the authorities that may have signed its certificate; null: those
///   that the Java platform trusts
/// @param user to log in as; null: the default user
/// @param passwordFile file with the password, read at each connection; null: none is asked for
/// @param keyPrefix begins the names of all keys, so that shops can share one Redis
/// @param timeout for a connection and for each answer
/// @param waitReplicas replicas of Redis that must have a write before it is acknowledged
public record RedisConfig(
    @Nullable String address,
    boolean tls,
    @Nullable String authorities,
    @Nullable String user,
    @Nullable String passwordFile,
    String keyPrefix,
    Duration timeout,
    int waitReplicas) {
  static final RedisConfig DEFAULT =
      new RedisConfig(null, false, null, null, null, "savior", Duration.ofSeconds(2), 0);

  public RedisConfig {
    Check.all(
        check ->
            check
                .notBlank("address", address)
                .that(
                    address == null || address.matches("[^:\\s]+:\\d{1,5}"),
                    "address",
                    "be HOST:PORT",
                    address == null ? "absent" : address)
                .notBlank("authorities", authorities)
                .that(
                    tls || authorities == null,
                    "authorities",
                    "be absent without items.redis.tls",
                    authorities == null ? "absent" : authorities)
                .notBlank("user", user)
                .notBlank("passwordFile", passwordFile)
                .that(
                    user == null || passwordFile != null,
                    "passwordFile",
                    "be given together with items.redis.user",
                    "absent")
                .notBlank("keyPrefix", keyPrefix)
                .range("timeout", timeout, Duration.ofMillis(10), Duration.ofMinutes(1))
                .range("waitReplicas", waitReplicas, 0, 100));
  }
}
