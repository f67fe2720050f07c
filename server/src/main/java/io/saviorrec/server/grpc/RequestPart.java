package io.saviorrec.server.grpc;

import io.grpc.Context;
import io.grpc.Status;
import io.saviorrec.proto.v1.ScoreError;
import io.saviorrec.proto.v1.ScoreResult;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.CallEnd;
import io.saviorrec.server.request.FatalErrors;
import io.saviorrec.server.request.StageTimes;
import io.saviorrec.server.scoring.ScoreAnswer;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One of several scoring requests that come by one call. It has times of its own, and ends when
/// its answer is there; what is wrong with it is its result and not the call's.
final class RequestPart {
  private final CallAccount account;
  private final GrpcCall call;

  /// @param context of the call, or one within it with an earlier end
  RequestPart(Context context, CallAccount account) {
    this.account = account;
    this.call = GrpcCall.part(context, account);
  }

  /// Scores it: the future always ends with a result.
  CompletableFuture<ScoreResult> result(Function<Call, CompletableFuture<ScoreAnswer>> work) {
    account.hold();
    CompletableFuture<ScoreAnswer> answer;
    try {
      answer = work.apply(call);
    } catch (Throwable e) {
      answer = CompletableFuture.failedFuture(e);
    }
    return answer.handle(this::end);
  }

  private ScoreResult end(@Nullable ScoreAnswer answer, @Nullable Throwable failure) {
    try {
      FatalErrors.endIfFatal(failure);
      Status status = failure == null ? Status.OK : StatusMapping.toStatus(failure);
      StageTimes times = call.times();
      CallEnd counted = times.end();
      if (counted != null) {
        counted.ended("", status.getCode().name(), System.nanoTime() - times.arrivedNanos());
      }
      return answer == null
          ? failed(status)
          : ScoreResult.newBuilder().setResponse(answer.toMessage()).build();
    } finally {
      account.letGo();
    }
  }

  private static ScoreResult failed(Status status) {
    String message = status.getDescription();
    return ScoreResult.newBuilder()
        .setError(
            ScoreError.newBuilder()
                .setCode(status.getCode().value())
                .setMessage(message == null ? "" : message))
        .build();
  }
}
