package io.saviorrec.server.states;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

/// How many still hold something; once nobody does, nobody ever will again.
public final class ReferenceCount {
  private static final AtomicIntegerFieldUpdater<ReferenceCount> HOLDERS =
      AtomicIntegerFieldUpdater.newUpdater(ReferenceCount.class, "holders");

  private volatile int holders;

  /// @param holders how many hold it from the start
  public ReferenceCount(int holders) {
    this.holders = holders;
  }

  /// One more holder; false when the last one is gone already.
  public boolean retain() {
    int now = holders;
    while (now > 0) {
      if (HOLDERS.compareAndSet(this, now, now + 1)) {
        return true;
      }
      now = holders;
    }
    return false;
  }

  /// One holder less; true for the last one, who must give back what was held.
  public boolean release() {
    int left = HOLDERS.decrementAndGet(this);
    if (left < 0) {
      throw new IllegalStateException("released more often than it was held");
    }
    return left == 0;
  }

  public int holders() {
    return holders;
  }
}
