package io.saviorrec.server.grpc;

import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import java.util.HashSet;
import java.util.Set;

/// The calls that end when their client likes: health watches, reflection and streams of scoring
/// requests. They have no deadline, so their number is bounded, and a server that stops ends them
/// itself.
final class OpenStreams implements ServerInterceptor {
  /// One connection may have this part of them open.
  private static final int PART = 10;

  private static final String ANSWERED = ScoringGrpc.getScoreStreamMethod().getFullMethodName();

  private final int most;
  private final Set<ServerCall<?, ?>> open = new HashSet<>();
  private boolean ended;

  OpenStreams(int most) {
    this.most = most;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    if (call.getMethodDescriptor().getType().serverSendsOneMessage()) {
      return next.startCall(call, headers);
    }
    enter(call);
    ServerCall.Listener<Q> listener;
    try {
      listener = next.startCall(call, headers);
    } catch (RuntimeException e) {
      leave(call);
      throw e;
    }
    return new SimpleForwardingServerCallListener<>(listener) {
      @Override
      public void onCancel() {
        leave(call);
        super.onCancel();
      }

      @Override
      public void onComplete() {
        leave(call);
        super.onComplete();
      }
    };
  }

  private synchronized void enter(ServerCall<?, ?> call) {
    if (ended) {
      throw new RequestException(ErrorCode.UNAVAILABLE, "the server is shutting down");
    }
    if (open.size() >= most) {
      throw new RequestException(
          ErrorCode.RESOURCE_EXHAUSTED, "limits.streams = " + most + " streams are open already");
    }
    Object connection = call.getAttributes().get(CallLedger.SHARE);
    long its =
        open.stream()
            .filter(each -> each.getAttributes().get(CallLedger.SHARE) == connection)
            .count();
    if (its >= Math.max(1, most / PART)) {
      throw new RequestException(
          ErrorCode.RESOURCE_EXHAUSTED,
          "a tenth of limits.streams = " + most + " is open on this connection already");
    }
    open.add(call);
  }

  private synchronized void leave(ServerCall<?, ?> call) {
    open.remove(call);
  }

  /// Ends those that are open, but for scoring requests, which are answered first
  /// ([ScoreStream#stop]), and takes no more.
  void endAll() {
    Set<ServerCall<?, ?>> left;
    synchronized (this) {
      ended = true;
      left = new HashSet<>(open);
    }
    left.removeIf(call -> call.getMethodDescriptor().getFullMethodName().equals(ANSWERED));
    left.forEach(
        call ->
            call.close(
                Status.UNAVAILABLE.withDescription("the server is shutting down"), new Metadata()));
  }
}
