package io.saviorrec.server.grpc;

import io.grpc.Context;
import io.grpc.stub.StreamObserver;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.server.request.CallTrace;
import io.saviorrec.server.request.LogScope;
import io.saviorrec.server.scoring.Scorer;
import java.util.function.Supplier;

/// `saviorrec.v1.Scoring`.
final class ScoringService extends ScoringGrpc.ScoringImplBase {
  private final Supplier<Scorer> scorer;

  /// @param scorer fails with UNAVAILABLE while the server is starting or draining
  ScoringService(Supplier<Scorer> scorer) {
    this.scorer = scorer;
  }

  @Override
  public void score(ScoreRequest request, StreamObserver<ScoreResponse> observer) {
    try (LogScope _ =
        LogScope.of(
            request.getRequestId(),
            AccessInterceptor.caller(Context.current()),
            CallTrace.NONE,
            "")) {
      Reply.send(observer, call -> scorer.get().score(request, call));
    }
  }
}
