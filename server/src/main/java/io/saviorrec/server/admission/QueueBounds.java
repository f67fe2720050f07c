package io.saviorrec.server.admission;

import java.time.Duration;

/// How long work may wait in a queue, and whether callers share it.
///
/// @param longestWait work that would wait longer is refused
/// @param latencyTarget what a call should take at most, from its arrival to its answer, when work
///   waits
/// @param shares whether a caller that others wait beside is held to its share
public record QueueBounds(Duration longestWait, Duration latencyTarget, boolean shares) {
  private static final Duration NONE = Duration.ofNanos(Long.MAX_VALUE);

  /// Work may wait for any time, whoever sends it.
  public static final QueueBounds ANY = new QueueBounds(NONE, NONE, false);

  /// Work may wait for any time, but no caller takes the places of others.
  public static final QueueBounds SHARED = new QueueBounds(NONE, NONE, true);

  /// Work may wait so long, whoever sends it.
  public static QueueBounds waiting(Duration longestWait) {
    return new QueueBounds(longestWait, NONE, false);
  }

  boolean hasTarget() {
    return !latencyTarget.equals(NONE);
  }
}
