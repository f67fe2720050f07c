package io.saviorrec.loadtest.cli;

import io.grpc.BindableService;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.saviorrec.proto.oip.GRPCInferenceServiceGrpc;
import io.saviorrec.proto.oip.ModelInferRequest;
import io.saviorrec.proto.oip.ModelInferResponse;
import io.saviorrec.proto.oip.ModelMetadataRequest;
import io.saviorrec.proto.oip.ModelMetadataResponse;
import io.saviorrec.proto.v1.Degradation;
import io.saviorrec.proto.v1.DeleteItemsRequest;
import io.saviorrec.proto.v1.DeleteItemsResponse;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.proto.v1.UpsertItemsResponse;
import io.saviorrec.proto.v1.UpsertResult;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/// A server on a free local port that works on one request after the other, each for so long, and
/// answers as it is told.
final class FakeScorer implements AutoCloseable {
  /// How scoring requests are answered.
  enum Manner {
    WHOLE,
    DEGRADED,
    REFUSING,
    /// With fewer scores than it was asked for.
    WRONG
  }

  final List<ScoreRequest> scored = new CopyOnWriteArrayList<>();
  final List<ModelInferRequest> inferred = new CopyOnWriteArrayList<>();
  final List<Item> upserted = new CopyOnWriteArrayList<>();
  final List<Long> deleted = new CopyOnWriteArrayList<>();
  volatile Manner manner = Manner.WHOLE;
  volatile boolean keepsItems;

  /// Of one request.
  volatile long workNanos;

  /// Which request takes `stallNanos`, from 1; 0: none.
  volatile int stallAt;

  volatile long stallNanos;

  private final AtomicInteger calls = new AtomicInteger();
  private final ExecutorService worker = Executors.newSingleThreadExecutor();
  private final Server server;

  FakeScorer() {
    this(true);
  }

  /// @param scoring whether it serves anything but items
  FakeScorer(boolean scoring) {
    ServerBuilder<?> builder =
        Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
            .executor(worker)
            .addService(new Items());
    if (scoring) {
      List.<BindableService>of(new Scoring(), new Infer()).forEach(builder::addService);
    }
    try {
      server = builder.build().start();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  String target() {
    return "localhost:" + server.getPort();
  }

  /// As a server computes.
  private void work() {
    long nanos = calls.incrementAndGet() == stallAt ? stallNanos : workNanos;
    long end = System.nanoTime() + nanos;
    for (long left = nanos; left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  @Override
  public void close() {
    server.shutdownNow();
    worker.shutdownNow();
  }

  private final class Scoring extends ScoringGrpc.ScoringImplBase {
    @Override
    public void score(ScoreRequest request, StreamObserver<ScoreResponse> answer) {
      scored.add(request);
      work();
      if (manner == Manner.REFUSING && scored.size() > 1) {
        answer.onError(
            Status.RESOURCE_EXHAUSTED.withDescription("the queue is full").asRuntimeException());
        return;
      }
      ScoreResponse.Builder response = ScoreResponse.newBuilder().setModel("m");
      int scores = request.getCandidateIdsCount() - (manner == Manner.WRONG ? 1 : 0);
      for (int i = 0; i < scores; i++) {
        response.addPctr(.5f);
      }
      if (manner == Manner.DEGRADED) {
        response.addDegraded(Degradation.BASE_SCORE);
      }
      answer.onNext(response.build());
      answer.onCompleted();
    }
  }

  private final class Items extends ItemsGrpc.ItemsImplBase {
    @Override
    public void upsertItems(
        UpsertItemsRequest request, StreamObserver<UpsertItemsResponse> answer) {
      upserted.addAll(request.getItemsList());
      answer.onNext(
          UpsertItemsResponse.newBuilder().addResults(UpsertResult.getDefaultInstance()).build());
      answer.onCompleted();
    }

    @Override
    public void deleteItems(
        DeleteItemsRequest request, StreamObserver<DeleteItemsResponse> answer) {
      if (keepsItems) {
        answer.onError(Status.PERMISSION_DENIED.asRuntimeException());
        return;
      }
      deleted.addAll(request.getItemIdsList());
      answer.onNext(DeleteItemsResponse.getDefaultInstance());
      answer.onCompleted();
    }
  }

  private final class Infer extends GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase {
    @Override
    public void modelMetadata(
        ModelMetadataRequest request, StreamObserver<ModelMetadataResponse> answer) {
      ModelMetadataResponse.Builder model = ModelMetadataResponse.newBuilder().setName("peer");
      model.addInputsBuilder().setName("items").setDatatype("INT32").addShape(-1).addShape(-1);
      model.addInputsBuilder().setName("history").setDatatype("INT64").addShape(-1).addShape(-1);
      answer.onNext(model.build());
      answer.onCompleted();
    }

    @Override
    public void modelInfer(ModelInferRequest request, StreamObserver<ModelInferResponse> answer) {
      inferred.add(request);
      work();
      ModelInferResponse.Builder response = ModelInferResponse.newBuilder();
      response
          .addOutputsBuilder()
          .setName("output")
          .addAllShape(request.getInputs(0).getShapeList());
      answer.onNext(response.build());
      answer.onCompleted();
    }
  }
}
