package io.saviorrec.server.request;

import org.jspecify.annotations.Nullable;

/// How long one call spent in each of its stages.
///
/// Threads take turns with a call and hand it on through queues, which order what they write here;
/// no two of them use it at one time.
@SuppressWarnings("EnumOrdinal") // A map of boxed numbers would be made for each call.
public final class StageTimes {
  private final long arrivedNanos;
  private final long[] nanos = new long[Stage.values().length];
  private @Nullable CallEnd end;

  /// @param arrivedNanos `System.nanoTime()` when the call's headers arrived
  public StageTimes(long arrivedNanos) {
    this.arrivedNanos = arrivedNanos;
  }

  /// `System.nanoTime()` when the call's headers arrived.
  public long arrivedNanos() {
    return arrivedNanos;
  }

  /// From now on the call's end is told to this one.
  public void tell(CallEnd listener) {
    end = listener;
  }

  /// Who hears of the call's end; null when nobody has asked to.
  public @Nullable CallEnd end() {
    return end;
  }

  public void add(Stage stage, long spentNanos) {
    nanos[stage.ordinal()] += spentNanos;
  }

  /// Zero for a stage that the call did not reach.
  public long nanos(Stage stage) {
    return nanos[stage.ordinal()];
  }
}
