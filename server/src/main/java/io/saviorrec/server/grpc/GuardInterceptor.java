package io.saviorrec.server.grpc;

import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicBoolean;

/// Stands before every method: refuses a call that has no chance before its message is decoded, and
/// gives whatever a handler throws a status of its own, which gRPC would report as UNKNOWN.
final class GuardInterceptor implements ServerInterceptor {
  /// Fails with a request exception when a call of this method cannot be taken now.
  @FunctionalInterface
  interface Gate {
    void check(String fullMethodName);
  }

  private final Gate gate;

  GuardInterceptor(Gate gate) {
    this.gate = gate;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    try {
      gate.check(call.getMethodDescriptor().getFullMethodName());
      return new Guarded<>(next.startCall(call, headers), call);
    } catch (Throwable e) {
      Status status = StatusMapping.toStatus(e);
      call.close(status, RetryTrailers.of(e, status));
      return new ServerCall.Listener<>() {};
    }
  }

  private static final class Guarded<Q, A> extends SimpleForwardingServerCallListener<Q> {
    private final ServerCall<Q, A> call;
    private final AtomicBoolean failed = new AtomicBoolean();

    Guarded(ServerCall.Listener<Q> next, ServerCall<Q, A> call) {
      super(next);
      this.call = call;
    }

    @Override
    public void onMessage(Q message) {
      guard(() -> super.onMessage(message));
    }

    @Override
    public void onHalfClose() {
      guard(super::onHalfClose);
    }

    @Override
    public void onReady() {
      guard(super::onReady);
    }

    private void guard(Runnable event) {
      if (failed.get()) {
        return;
      }
      try {
        event.run();
      } catch (Throwable e) {
        failed.set(true);
        Status status = StatusMapping.toStatus(e);
        call.close(status, RetryTrailers.of(e, status));
      }
    }
  }
}
