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
  private final StageTimes times;

  private GrpcCall(Context context, StageTimes times) {
    this.context = context;
    this.times = times;
  }

  /// The call that the current thread handles.
  static GrpcCall current() {
    StageTimes times = CallEnds.TIMES.get();
    return new GrpcCall(
        Context.current(), times == null ? new StageTimes(System.nanoTime()) : times);
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
  public CallTrace trace() {
    return TraceInterceptor.of(context);
  }

  @Override
  public StageTimes times() {
    return times;
  }
}
