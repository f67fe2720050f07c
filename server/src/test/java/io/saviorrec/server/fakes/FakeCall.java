package io.saviorrec.server.fakes;

import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.StageTimes;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/// A call that a test ends when it likes.
public final class FakeCall implements Call {
  private final List<Runnable> actions = new ArrayList<>();
  private final StageTimes times = new StageTimes(System.nanoTime());
  private final LongSupplier untilDeadline;
  private Object source = ANONYMOUS;
  private boolean cancelled;
  private boolean expired;

  /// Without a deadline, until it is told that it has passed.
  public FakeCall() {
    this(() -> Long.MAX_VALUE);
  }

  /// @param untilDeadline nanoseconds that are left
  public FakeCall(LongSupplier untilDeadline) {
    this.untilDeadline = untilDeadline;
  }

  /// A call for which time stands still.
  public static FakeCall endingIn(long nanos) {
    return new FakeCall(() -> nanos);
  }

  /// The same call, by another caller.
  public FakeCall from(Object caller) {
    source = caller;
    return this;
  }

  @Override
  public Object source() {
    return source;
  }

  @Override
  public synchronized boolean cancelled() {
    return cancelled;
  }

  @Override
  public synchronized long remainingNanos() {
    return expired ? 0 : untilDeadline.getAsLong();
  }

  @Override
  public synchronized void onEnd(Runnable action) {
    actions.add(action);
  }

  @Override
  public StageTimes times() {
    return times;
  }

  public void cancel() {
    synchronized (this) {
      cancelled = true;
    }
    tell();
  }

  public void expire() {
    synchronized (this) {
      expired = true;
      cancelled = true;
    }
    tell();
  }

  /// Lets the deadline pass without telling anybody, as if the timer were late.
  public synchronized void expireSilently() {
    expired = true;
  }

  private void tell() {
    List<Runnable> now;
    synchronized (this) {
      now = List.copyOf(actions);
      actions.clear();
    }
    now.forEach(Runnable::run);
  }
}
