package io.saviorrec.trainer.data.log;

/// The UTC day, in which item statistics are counted.
public final class Day {
  public static final long SECONDS = 86_400;

  private Day() {}

  /// Days from 1970-01-01 to the given unix second.
  public static int of(long unixSeconds) {
    return Math.toIntExact(Math.floorDiv(unixSeconds, SECONDS));
  }
}
