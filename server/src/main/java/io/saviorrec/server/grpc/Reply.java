package io.saviorrec.server.grpc;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.FatalErrors;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// Carries the one answer, or the failure, of a unary call back to its caller.
final class Reply {
  /// Work that may fail at once or later.
  @FunctionalInterface
  interface Work<T> {
    CompletableFuture<T> start(Call call);
  }

  private Reply() {}

  static <T> void send(StreamObserver<T> observer, Work<T> work) {
    if (observer instanceof ServerCallStreamObserver<T> server) {
      // With a handler set, answering a cancelled call is harmless instead of an exception.
      server.setOnCancelHandler(() -> {});
    }
    GrpcCall call = GrpcCall.begin();
    CompletableFuture<T> answer;
    try {
      answer = work.start(call);
    } catch (Throwable e) {
      answer = CompletableFuture.failedFuture(e);
    }
    // A stage that passed the failure on would wrap it, and walk the stack for that.
    var _ =
        answer.handle(
            (value, failure) -> {
              end(observer, call, value, failure);
              return value;
            });
  }

  private static <T> void end(
      StreamObserver<T> observer, GrpcCall call, T value, @Nullable Throwable failure) {
    try {
      FatalErrors.endIfFatal(failure);
      if (failure != null) {
        observer.onError(failure(failure));
      } else {
        observer.onNext(value);
        observer.onCompleted();
      }
    } catch (Throwable e) {
      // A future would keep it to itself.
      FatalErrors.endIfFatal(e);
      throw e;
    } finally {
      call.workEnded();
    }
  }

  private static StatusRuntimeException failure(Throwable failure) {
    Status status = StatusMapping.toStatus(failure);
    return new Refused(status, RetryTrailers.of(failure, status));
  }
}
