package io.saviorrec.server.grpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Deadline;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.saviorrec.server.request.CallTrace;
import io.saviorrec.server.tracing.CallSpan;
import io.saviorrec.server.tracing.Tracing;

/// Gives each call of our services its place in a trace, from its headers to its end; health checks
/// and reflection have none.
final class TraceInterceptor implements ServerInterceptor {
  private static final Context.Key<CallTrace> TRACE = Context.key("call-trace");

  private static final String OURS = "saviorrec.";

  private final Tracing tracing;

  TraceInterceptor(Tracing tracing) {
    this.tracing = tracing;
  }

  /// The trace of the call that a context belongs to.
  static CallTrace of(Context context) {
    CallTrace trace = TRACE.get(context);
    return trace == null ? CallTrace.NONE : trace;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    String method = call.getMethodDescriptor().getFullMethodName();
    if (!method.startsWith(OURS)) {
      return next.startCall(call, headers);
    }
    CallSpan span =
        tracing.begin(
            method,
            name -> headers.get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER)),
            () -> String.valueOf(call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)));
    Context context = Context.current().withValue(TRACE, span);
    if (span.traceId().isEmpty()) {
      return Contexts.interceptCall(context, call, headers, next);
    }
    Closing<Q, A> closing = new Closing<>(call);
    return new Ending<>(Contexts.interceptCall(context, closing, headers, next), closing, span);
  }

  /// Remembers the status that the handler gave the call.
  private static final class Closing<Q, A> extends SimpleForwardingServerCall<Q, A> {
    private volatile Status.Code status = Status.Code.OK;

    Closing(ServerCall<Q, A> call) {
      super(call);
    }

    @Override
    public void close(Status newStatus, Metadata trailers) {
      status = newStatus.getCode();
      super.close(newStatus, trailers);
    }
  }

  private static final class Ending<Q> extends SimpleForwardingServerCallListener<Q> {
    private final Closing<Q, ?> call;
    private final CallSpan span;

    Ending(ServerCall.Listener<Q> next, Closing<Q, ?> call, CallSpan span) {
      super(next);
      this.call = call;
      this.span = span;
    }

    @Override
    public void onComplete() {
      super.onComplete();
      span.end(call.status.name());
    }

    @Override
    public void onCancel() {
      super.onCancel();
      Deadline deadline = Context.current().getDeadline();
      boolean late = deadline != null && deadline.isExpired();
      span.end((late ? Status.Code.DEADLINE_EXCEEDED : Status.Code.CANCELLED).name());
    }
  }
}
