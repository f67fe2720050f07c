package io.saviorrec.server.grpc;

import io.grpc.Context;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.saviorrec.contract.DecodedRequest;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.server.request.CallTrace;
import io.saviorrec.server.request.LogScope;
import io.saviorrec.server.scoring.ScoreAnswer;
import io.saviorrec.server.scoring.Scorer;
import java.util.function.Supplier;

/// `saviorrec.v1.Scoring`, with requests and answers in arrays.
final class ScoringService {
  private final Supplier<Scorer> scorer;

  /// @param scorer fails with UNAVAILABLE while the server is starting or draining
  ScoringService(Supplier<Scorer> scorer) {
    this.scorer = scorer;
  }

  ServerServiceDefinition bindService() {
    ServiceDescriptor service =
        ServiceDescriptor.newBuilder(ScoringGrpc.SERVICE_NAME)
            .setSchemaDescriptor(ScoringGrpc.getServiceDescriptor().getSchemaDescriptor())
            .addMethod(ScoreMarshalling.METHOD)
            .build();
    return ServerServiceDefinition.builder(service)
        .addMethod(ScoreMarshalling.METHOD, ServerCalls.asyncUnaryCall(this::score))
        .build();
  }

  private void score(DecodedRequest request, StreamObserver<ScoreAnswer> observer) {
    try (LogScope _ =
        LogScope.of(
            request.requestId(), AccessInterceptor.caller(Context.current()), CallTrace.NONE, "")) {
      Reply.send(observer, call -> scorer.get().score(request, call));
    }
  }
}
