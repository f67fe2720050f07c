package io.saviorrec.server.grpc;

import io.grpc.Context;
import io.grpc.Deadline;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.CallTrace;
import io.saviorrec.server.request.StageTimes;
import java.util.concurrent.TimeUnit;

/// A gRPC call as the rest of the server sees it.
final class GrpcCall implements Call {
  private final Context context;
  private final CallAccount account;

  private GrpcCall(Context context, CallAccount account) {
    this.context = context;
    this.account = account;
  }

  /// The call that the current thread handles. Its account is held until [#workEnded].
  static GrpcCall begin() {
    CallAccount account = CallAccount.current();
    if (account == null) {
      throw new IllegalStateException("a call without an account");
    }
    account.hold();
    return new GrpcCall(Context.current(), account);
  }

  void workEnded() {
    account.workEnded();
  }

  @Override
  public boolean cancelled() {
    return context.isCancelled();
  }

  @Override
  public long remainingNanos() {
    Deadline deadline = context.getDeadline();
    return deadline == null ? Long.MAX_VALUE : deadline.timeRemaining(TimeUnit.NANOSECONDS);
  }

  @Override
  public void onEnd(Runnable action) {
    context.addListener(ended -> action.run(), Runnable::run);
  }

  @Override
  public String caller() {
    return AccessInterceptor.caller(context);
  }

  @Override
  public Object source() {
    String caller = caller();
    return caller.equals(ANONYMOUS) ? account.connection() : caller;
  }

  @Override
  public boolean mayChoose() {
    return AccessInterceptor.mayChoose(context);
  }

  @Override
  public CallTrace trace() {
    return TraceInterceptor.of(context);
  }

  @Override
  public StageTimes times() {
    return account.times();
  }
}
