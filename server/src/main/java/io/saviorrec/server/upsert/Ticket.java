package io.saviorrec.server.upsert;

import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.CallTrace;
import io.saviorrec.server.request.StageTimes;
import java.util.ArrayList;
import java.util.List;

/// An upsert's place in the lane until its next turn: its call, which for the lane also ends when
/// the upsert has joined the turn of another.
final class Ticket implements Call {
  private final Upsert upsert;
  private final Call call;

  /// Guarded by this.
  private final List<Runnable> onWithdrawal = new ArrayList<>();

  /// Guarded by this.
  private boolean withdrawn;

  Ticket(Upsert upsert) {
    this.upsert = upsert;
    this.call = upsert.call();
  }

  Upsert upsert() {
    return upsert;
  }

  /// The upsert does not wait in the lane any more.
  void withdraw() {
    List<Runnable> actions;
    synchronized (this) {
      withdrawn = true;
      actions = List.copyOf(onWithdrawal);
    }
    actions.forEach(Runnable::run);
  }

  @Override
  public boolean cancelled() {
    return call.cancelled();
  }

  @Override
  public long remainingNanos() {
    return call.remainingNanos();
  }

  /// What is registered runs when the upsert is withdrawn, too.
  @Override
  public void onEnd(Runnable action) {
    boolean now;
    synchronized (this) {
      onWithdrawal.add(action);
      now = withdrawn;
    }
    if (now) {
      action.run();
    }
    call.onEnd(action);
  }

  @Override
  public String caller() {
    return call.caller();
  }

  @Override
  public StageTimes times() {
    return call.times();
  }

  @Override
  public CallTrace trace() {
    return call.trace();
  }
}
