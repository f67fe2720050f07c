package io.saviorrec.server.grpc;

import io.grpc.Context;
import io.grpc.stub.StreamObserver;
import io.saviorrec.command.BuildVersion;
import io.saviorrec.contract.RequestDecoder;
import io.saviorrec.proto.oip.GRPCInferenceServiceGrpc;
import io.saviorrec.proto.oip.GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase;
import io.saviorrec.proto.oip.ModelInferRequest;
import io.saviorrec.proto.oip.ModelInferResponse;
import io.saviorrec.proto.oip.ModelMetadataRequest;
import io.saviorrec.proto.oip.ModelMetadataResponse;
import io.saviorrec.proto.oip.ModelReadyRequest;
import io.saviorrec.proto.oip.ModelReadyResponse;
import io.saviorrec.proto.oip.ServerLiveRequest;
import io.saviorrec.proto.oip.ServerLiveResponse;
import io.saviorrec.proto.oip.ServerMetadataRequest;
import io.saviorrec.proto.oip.ServerMetadataResponse;
import io.saviorrec.proto.oip.ServerReadyRequest;
import io.saviorrec.proto.oip.ServerReadyResponse;
import io.saviorrec.proto.v1.GetModelRequest;
import io.saviorrec.proto.v1.GetModelResponse;
import io.saviorrec.server.oip.InferAnswer;
import io.saviorrec.server.oip.InferMetadata;
import io.saviorrec.server.oip.InferRequest;
import io.saviorrec.server.request.CallTrace;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.LogScope;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.scoring.ModelInquiry;
import io.saviorrec.server.scoring.Scorer;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// `inference.GRPCInferenceService`: the Open Inference Protocol, over the same scoring.
final class InferenceService extends GRPCInferenceServiceImplBase {
  /// Methods that say how the server is, and nothing else.
  static final Set<String> HEALTH =
      Set.of(
          GRPCInferenceServiceGrpc.getServerLiveMethod().getFullMethodName(),
          GRPCInferenceServiceGrpc.getServerReadyMethod().getFullMethodName());

  private final Supplier<Scorer> scorer;
  private final Supplier<ModelInquiry> models;
  private final BooleanSupplier ready;
  private final InferRequest.Most most;
  private final String version = BuildVersion.read().version();

  /// Both suppliers fail with UNAVAILABLE while the server is starting or draining.
  ///
  /// @param ready whether the server should get requests
  InferenceService(
      Supplier<Scorer> scorer,
      Supplier<ModelInquiry> models,
      BooleanSupplier ready,
      InferRequest.Most most) {
    this.scorer = scorer;
    this.models = models;
    this.ready = ready;
    this.most = most;
  }

  @Override
  public void serverLive(ServerLiveRequest request, StreamObserver<ServerLiveResponse> observer) {
    answer(observer, () -> ServerLiveResponse.newBuilder().setLive(true).build());
  }

  @Override
  public void serverReady(
      ServerReadyRequest request, StreamObserver<ServerReadyResponse> observer) {
    answer(observer, () -> ServerReadyResponse.newBuilder().setReady(ready.getAsBoolean()).build());
  }

  @Override
  public void modelReady(ModelReadyRequest request, StreamObserver<ModelReadyResponse> observer) {
    answer(
        observer,
        () ->
            ModelReadyResponse.newBuilder()
                .setReady(ready.getAsBoolean() && live(request.getName(), request.getVersion()))
                .build());
  }

  @Override
  public void serverMetadata(
      ServerMetadataRequest request, StreamObserver<ServerMetadataResponse> observer) {
    answer(
        observer,
        () -> ServerMetadataResponse.newBuilder().setName("saviorrec").setVersion(version).build());
  }

  @Override
  public void modelMetadata(
      ModelMetadataRequest request, StreamObserver<ModelMetadataResponse> observer) {
    answer(observer, () -> InferMetadata.of(model(request.getName(), request.getVersion())));
  }

  @Override
  public void modelInfer(ModelInferRequest request, StreamObserver<ModelInferResponse> observer) {
    try (LogScope _ =
        LogScope.of(
            request.getId(), AccessInterceptor.caller(Context.current()), CallTrace.NONE, "")) {
      Reply.send(
          observer,
          call -> {
            InferRequest infer = InferRequest.of(request, most);
            return scorer
                .get()
                .score(RequestDecoder.decode(infer.score()), call)
                .thenApply(answer -> InferAnswer.of(infer, answer));
          });
    }
  }

  private boolean live(String name, String version) {
    try {
      model(name, version);
      return true;
    } catch (RequestException e) {
      if (e.code() == ErrorCode.NOT_FOUND) {
        return false;
      }
      throw e;
    }
  }

  private GetModelResponse model(String name, String version) {
    GetModelRequest request =
        GetModelRequest.newBuilder()
            .setModel(name)
            .setVersion(InferRequest.version(version))
            .build();
    return models.get().get(request);
  }

  private static <T> void answer(StreamObserver<T> observer, Supplier<T> work) {
    Reply.send(observer, _ -> CompletableFuture.completedFuture(work.get()));
  }
}
