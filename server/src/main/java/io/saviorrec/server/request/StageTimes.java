package io.saviorrec.server.request;

/// How long one call spent in each of its stages.
///
/// Threads take turns with a call and hand it on through queues, which order what they write here;
/// no two of them use it at one time.
@SuppressWarnings("EnumOrdinal") // A map of boxed numbers would be made for each call.
public final class StageTimes {
  private final long arrivedNanos;
  private final long[] nanos = new long[Stage.values().length];

  /// @param arrivedNanos `System.nanoTime()` when the call's headers arrived
  public StageTimes(long arrivedNanos) {
    this.arrivedNanos = arrivedNanos;
  }

  /// `System.nanoTime()` when the call's headers arrived.
  public long arrivedNanos() {
    return arrivedNanos;
  }

  public void add(Stage stage, long spentNanos) {
    nanos[stage.ordinal()] += spentNanos;
  }

  /// Zero for a stage that the call did not reach.
  public long nanos(Stage stage) {
    return nanos[stage.ordinal()];
  }
}
