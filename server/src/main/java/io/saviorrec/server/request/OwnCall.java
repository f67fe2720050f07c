package io.saviorrec.server.request;

/// A call of the server's own, that knows where its time went and ends when the server says so, or
/// when it has lasted long enough.
public final class OwnCall implements Call {
  private final long startNanos = System.nanoTime();
  private final long patienceNanos;
  private final StageTimes times = new StageTimes(startNanos);
  private volatile boolean over;

  /// Without a deadline.
  public OwnCall() {
    this(Long.MAX_VALUE);
  }

  /// @param patienceNanos until its deadline
  public OwnCall(long patienceNanos) {
    this.patienceNanos = patienceNanos;
  }

  /// Nobody waits for it any more.
  public void end() {
    over = true;
  }

  @Override
  public boolean cancelled() {
    return over;
  }

  @Override
  public long remainingNanos() {
    return patienceNanos == Long.MAX_VALUE
        ? patienceNanos
        : patienceNanos - (System.nanoTime() - startNanos);
  }

  @Override
  public void onEnd(Runnable action) {}

  @Override
  public Object source() {
    return OWN;
  }

  @Override
  public StageTimes times() {
    return times;
  }
}
