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
  private final CallTrace trace;
  private final StageTimes times;

  private GrpcCall(Context context, CallAccount account, CallTrace trace, StageTimes times) {
    this.context = context;
    this.account = account;
    this.trace = trace;
    this.times = times;
  }

  /// The call that the current thread handles. Its account is held until [#workEnded].
  static GrpcCall begin() {
    CallAccount account = CallAccount.current();
    if (account == null) {
      throw new IllegalStateException("a call without an account");
    }
    account.hold();
    Context context = Context.current();
    return new GrpcCall(context, account, TraceInterceptor.of(context), account.times());
  }

  /// One of several requests that came by one call. It has times of its own and no trace.
  ///
  /// @param context of the call, or one within it with an earlier end
  static GrpcCall part(Context context, CallAccount account) {
    return new GrpcCall(context, account, CallTrace.NONE, new StageTimes(System.nanoTime()));
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
    return trace;
  }

  @Override
  public StageTimes times() {
    return times;
  }
}
