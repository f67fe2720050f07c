package io.saviorrec.server.config;

import io.saviorrec.config.Check;
import java.time.Duration;

/// The connections of the gRPC port.
///
/// @param most connections at one time; more are closed as they come
/// @param callsEach calls that one connection may have open at once
/// @param headerBytes the longest headers of a call
/// @param windowBytes what a client may send on a call before the server has taken it up
/// @param handshakeTimeout how long a new connection may take to say that it is HTTP/2
/// @param permittedPing how often a client may ping, with or without calls
/// @param pingAfter when a connection that sends nothing is pinged
/// @param pingTimeout how long it may take to answer before it is closed
/// @param maxIdle how long a connection without calls is kept
/// @param maxAge when a connection is asked to come again, so that clients spread over servers
/// @param ageGrace how long its calls may go on then
public record ConnectionsConfig(
    int most,
    int callsEach,
    int headerBytes,
    int windowBytes,
    Duration handshakeTimeout,
    Duration permittedPing,
    Duration pingAfter,
    Duration pingTimeout,
    Duration maxIdle,
    Duration maxAge,
    Duration ageGrace) {
  private static final Duration SHORTEST = Duration.ofMillis(1);

  /// gRPC lets no connection go sooner.
  private static final Duration SHORTEST_IDLE = Duration.ofSeconds(1);

  /// And pings none that was silent for less.
  private static final Duration SHORTEST_SILENCE = Duration.ofSeconds(10);

  private static final Duration LONGEST = Duration.ofDays(365);

  static final ConnectionsConfig DEFAULT =
      new ConnectionsConfig(
          1000,
          200,
          16 << 10,
          64 << 10,
          Duration.ofSeconds(10),
          Duration.ofSeconds(5),
          Duration.ofSeconds(60),
          Duration.ofSeconds(20),
          Duration.ofMinutes(30),
          Duration.ofHours(2),
          Duration.ofMinutes(2));

  public ConnectionsConfig {
    Check.all(
        check ->
            check
                .range("most", most, 1, 1_000_000)
                .range("callsEach", callsEach, 1, 1_000_000)
                .range("headerBytes", headerBytes, 1024, 1 << 20)
                .range("windowBytes", windowBytes, 1024, 1 << 30)
                .range("handshakeTimeout", handshakeTimeout, SHORTEST, LONGEST)
                .range("permittedPing", permittedPing, SHORTEST, LONGEST)
                .range("pingAfter", pingAfter, SHORTEST_SILENCE, LONGEST)
                .range("pingTimeout", pingTimeout, SHORTEST, LONGEST)
                .range("maxIdle", maxIdle, SHORTEST_IDLE, LONGEST)
                .range("maxAge", maxAge, SHORTEST_IDLE, LONGEST)
                .range("ageGrace", ageGrace, SHORTEST, LONGEST));
  }
}
