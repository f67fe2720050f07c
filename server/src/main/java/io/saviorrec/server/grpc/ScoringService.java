package io.saviorrec.server.grpc;

import io.grpc.Context;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.saviorrec.contract.DecodedRequest;
import io.saviorrec.contract.RequestDecoder;
import io.saviorrec.proto.v1.GetModelRequest;
import io.saviorrec.proto.v1.GetModelResponse;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResult;
import io.saviorrec.proto.v1.ScoreStreamRequest;
import io.saviorrec.proto.v1.ScoreStreamResponse;
import io.saviorrec.proto.v1.ScoreUsersRequest;
import io.saviorrec.proto.v1.ScoreUsersResponse;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.CallTrace;
import io.saviorrec.server.request.LogScope;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.scoring.ModelInquiry;
import io.saviorrec.server.scoring.ScoreAnswer;
import io.saviorrec.server.scoring.Scorer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Supplier;

/// `saviorrec.v1.Scoring`; requests and answers of the method Score are in arrays.
final class ScoringService {
  private final Supplier<Scorer> scorer;
  private final Supplier<ModelInquiry> models;
  private final ScheduledExecutorService timer;
  private final Duration longestCall;
  private final Set<ScoreStream> streams = ConcurrentHashMap.newKeySet();

  /// Both suppliers fail with UNAVAILABLE while the server is starting or draining.
  ///
  /// @param timer ends requests of streams
  /// @param longestCall the time of those that name none
  ScoringService(
      Supplier<Scorer> scorer,
      Supplier<ModelInquiry> models,
      ScheduledExecutorService timer,
      Duration longestCall) {
    this.scorer = scorer;
    this.models = models;
    this.timer = timer;
    this.longestCall = longestCall;
  }

  ServerServiceDefinition bindService() {
    MethodDescriptor<ScoreUsersRequest, ScoreUsersResponse> users =
        ScoringGrpc.getScoreUsersMethod();
    MethodDescriptor<ScoreStreamRequest, ScoreStreamResponse> stream =
        ScoringGrpc.getScoreStreamMethod();
    MethodDescriptor<GetModelRequest, GetModelResponse> model = ScoringGrpc.getGetModelMethod();
    ServiceDescriptor service =
        ServiceDescriptor.newBuilder(ScoringGrpc.SERVICE_NAME)
            .setSchemaDescriptor(ScoringGrpc.getServiceDescriptor().getSchemaDescriptor())
            .addMethod(ScoreMarshalling.METHOD)
            .addMethod(users)
            .addMethod(stream)
            .addMethod(model)
            .build();
    return ServerServiceDefinition.builder(service)
        .addMethod(ScoreMarshalling.METHOD, ServerCalls.asyncUnaryCall(this::score))
        .addMethod(users, ServerCalls.asyncUnaryCall(this::scoreUsers))
        .addMethod(stream, ServerCalls.asyncBidiStreamingCall(this::scoreStream))
        .addMethod(model, ServerCalls.asyncUnaryCall(this::getModel))
        .build();
  }

  private void score(DecodedRequest request, StreamObserver<ScoreAnswer> observer) {
    try (LogScope _ =
        LogScope.of(
            request.requestId(), AccessInterceptor.caller(Context.current()), CallTrace.NONE, "")) {
      Reply.send(observer, call -> scorer.get().score(request, call));
    }
  }

  private void scoreUsers(ScoreUsersRequest request, StreamObserver<ScoreUsersResponse> observer) {
    Reply.send(observer, call -> scoreEach(request.getRequestsList(), call));
  }

  private CompletableFuture<ScoreUsersResponse> scoreEach(List<ScoreRequest> requests, Call call) {
    if (requests.isEmpty()) {
      throw RequestException.invalid("requests is empty");
    }
    Scorer scores = scorer.get();
    CallAccount account = CallAccount.current();
    if (account == null) {
      throw new IllegalStateException("a call without an account");
    }
    List<CompletableFuture<ScoreResult>> results = new ArrayList<>(requests.size());
    for (ScoreRequest request : requests) {
      results.add(
          new RequestPart(Context.current(), account)
              .result(part -> scores.score(RequestDecoder.decode(request), part)));
    }
    return CompletableFuture.allOf(results.toArray(new CompletableFuture<?>[0]))
        .thenApply(
            _ -> {
              call.check();
              ScoreUsersResponse.Builder all = ScoreUsersResponse.newBuilder();
              results.forEach(result -> all.addResults(result.join()));
              return all.build();
            });
  }

  private StreamObserver<ScoreStreamRequest> scoreStream(
      StreamObserver<ScoreStreamResponse> observer) {
    return ScoreStream.open(scorer, observer, timer, longestCall, streams::add, streams::remove);
  }

  /// Ends the open streams: what they have sent is answered.
  void stopStreams() {
    streams.forEach(ScoreStream::stop);
  }

  private void getModel(GetModelRequest request, StreamObserver<GetModelResponse> observer) {
    Reply.send(observer, _ -> CompletableFuture.completedFuture(models.get().get(request)));
  }
}
