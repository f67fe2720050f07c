package io.saviorrec.server.request;

/// A call of the server's own, without a deadline, that knows where its time went and ends when the
/// server says so.
public final class OwnCall implements Call {
  private final StageTimes times = new StageTimes(System.nanoTime());
  private volatile boolean over;

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
    return Long.MAX_VALUE;
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
