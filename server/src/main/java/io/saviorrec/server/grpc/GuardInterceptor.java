package io.saviorrec.server.grpc;

import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.saviorrec.server.request.FatalErrors;
import io.saviorrec.server.request.Stage;
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
    CallAccount account = CallAccount.current();
    OnceCall<Q, A> once = new OnceCall<>(call, account);
    try {
      long start = System.nanoTime();
      if (account != null) {
        account.requireAccepted();
      }
      gate.check(call.getMethodDescriptor().getFullMethodName());
      if (account != null) {
        account.times().add(Stage.ADMIT, System.nanoTime() - start);
      }
      return new Guarded<>(next.startCall(once, headers), once);
    } catch (Throwable e) {
      FatalErrors.endIfFatal(e);
      Status status = StatusMapping.toStatus(e);
      once.close(status, RetryTrailers.of(e, status));
      return new ServerCall.Listener<>() {};
    }
  }

  private static final class Guarded<Q, A> extends SimpleForwardingServerCallListener<Q> {
    private final OnceCall<Q, A> call;
    private final AtomicBoolean failed = new AtomicBoolean();

    Guarded(ServerCall.Listener<Q> next, OnceCall<Q, A> call) {
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

    /// Nobody is left to tell what fails here.
    @Override
    public void onCancel() {
      call.over();
      close(super::onCancel);
    }

    @Override
    public void onComplete() {
      close(super::onComplete);
    }

    private void guard(Runnable event) {
      if (failed.get()) {
        return;
      }
      try {
        event.run();
      } catch (Throwable e) {
        FatalErrors.endIfFatal(e);
        failed.set(true);
        Status status = StatusMapping.toStatus(e);
        call.close(status, RetryTrailers.of(e, status));
      }
    }

    private static void close(Runnable event) {
      try {
        event.run();
      } catch (Throwable e) {
        FatalErrors.endIfFatal(e);
        var _ = StatusMapping.toStatus(e);
      }
    }
  }
}
