package io.saviorrec.server.admission;

import java.util.concurrent.TimeUnit;

/// How much of the time that a call leaves for waiting a queue may fill, learned from how late the
/// answers were.
///
/// Each call has a goal: the latency target, or [#OF_DEADLINE] of the time until its deadline where
/// that is shorter: the rest is for its way here and back, in whose sockets it lies the longer the
/// busier the machine is, and the server does not see it. The predicted wait may fill a share of
/// what the goal leaves, and that share is at most 1. At the end of each window, as soon as it has
/// [#SAMPLES] calls that waited and is as long as the target, the share is multiplied by [#LESS]
/// when more than one in ten of them missed its goal, and grows by [#MORE] otherwise.
/*
 * The wait is predicted from measured times, so a limit is not needed to find out what the machine
 * can do. It corrects the prediction where that is wrong: other programs on the cores, pauses, time
 * that calls spend before the queue and behind it. As the share never exceeds 1, the limit cannot
 * creep up while it is overloaded, as one does that follows a moving average of the latencies.
 *
 * A window is as long as the target because a call that comes after a change shows its effect only
 * when those before it are gone, which takes about that long.
 */
final class LatencyLimit {
  static final double OF_DEADLINE = 0.5;
  static final int SAMPLES = 32;
  static final double LESS = 0.8;
  static final double MORE = 0.05;
  static final double LEAST = 0.05;
  private static final int ONE_IN = 10;

  /// As long as a window may be at most: with fewer samples it starts anew.
  private static final long STALE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final long targetNanos;
  private double share = 1;
  private long windowStart;
  private int ended;
  private int late;

  LatencyLimit(long targetNanos) {
    this.targetNanos = targetNanos;
  }

  /// What a call should take at most.
  ///
  /// @param untilDeadline from its arrival
  long goalNanos(long untilDeadline) {
    return untilDeadline == Long.MAX_VALUE
        ? targetNanos
        : Math.min(targetNanos, (long) (OF_DEADLINE * untilDeadline));
  }

  /// The longest predicted wait of a call whose goal leaves so much for waiting.
  long longestWait(long leftForWaiting) {
    return (long) (share * Math.max(0, leftForWaiting));
  }

  /// A call that waited has ended.
  ///
  /// @param now of any clock, always the same
  void ended(long now, long tookNanos, long goalNanos) {
    if (ended == 0 || now - windowStart > STALE_NANOS) {
      windowStart = now;
      ended = 0;
      late = 0;
    }
    ended++;
    if (tookNanos > goalNanos) {
      late++;
    }
    if (ended >= SAMPLES && now - windowStart >= targetNanos) {
      share = late * ONE_IN > ended ? Math.max(LEAST, share * LESS) : Math.min(1, share + MORE);
      ended = 0;
    }
  }

  double share() {
    return share;
  }
}
