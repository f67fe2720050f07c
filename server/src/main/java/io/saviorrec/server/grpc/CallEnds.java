package io.saviorrec.server.grpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.saviorrec.server.request.CallObserver;
import io.saviorrec.server.request.StageTimes;

/// Gives each call its times when its headers arrive, and tells an observer of its end.
final class CallEnds implements ServerInterceptor {
  static final Context.Key<StageTimes> TIMES = Context.key("stage-times");

  private final CallObserver observer;

  CallEnds(CallObserver observer) {
    this.observer = observer;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    StageTimes times = new StageTimes(System.nanoTime());
    Ending<Q, A> ending = new Ending<>(call);
    ServerCall.Listener<Q> listener =
        Contexts.interceptCall(Context.current().withValue(TIMES, times), ending, headers, next);
    return new SimpleForwardingServerCallListener<>(listener) {
      @Override
      public void onComplete() {
        super.onComplete();
        ended(ending.status);
      }

      @Override
      public void onCancel() {
        super.onCancel();
        Context context = Context.current();
        boolean expired = context.getDeadline() != null && context.getDeadline().isExpired();
        ended(expired ? Status.DEADLINE_EXCEEDED : Status.CANCELLED);
      }

      private void ended(Status status) {
        observer.ended(
            call.getMethodDescriptor().getFullMethodName(), status.getCode().name(), times);
      }
    };
  }

  private static final class Ending<Q, A> extends SimpleForwardingServerCall<Q, A> {
    private volatile Status status = Status.OK;

    Ending(ServerCall<Q, A> call) {
      super(call);
    }

    @Override
    public void close(Status newStatus, Metadata trailers) {
      status = newStatus;
      super.close(newStatus, trailers);
    }
  }
}
