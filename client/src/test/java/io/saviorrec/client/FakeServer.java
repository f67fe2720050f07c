package io.saviorrec.client;

import io.grpc.Context;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerCredentials;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.StreamObserver;
import io.saviorrec.proto.v1.DeleteItemsRequest;
import io.saviorrec.proto.v1.DeleteItemsResponse;
import io.saviorrec.proto.v1.GetItemsRequest;
import io.saviorrec.proto.v1.GetItemsResponse;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.ScoreError;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoreResult;
import io.saviorrec.proto.v1.ScoreStreamRequest;
import io.saviorrec.proto.v1.ScoreStreamResponse;
import io.saviorrec.proto.v1.ScoreUsersRequest;
import io.saviorrec.proto.v1.ScoreUsersResponse;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.proto.v1.UpdateStatsRequest;
import io.saviorrec.proto.v1.UpdateStatsResponse;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.proto.v1.UpsertItemsResponse;
import io.saviorrec.proto.v1.UpsertResult;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/// A server on a free local port that fails as often as it is told and answers every other call,
/// once a gate is open where there is one.
final class FakeServer implements AutoCloseable {
  private static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> USER_AGENT =
      Metadata.Key.of("user-agent", Metadata.ASCII_STRING_MARSHALLER);

  private static final Metadata.Key<String> TRACE_PARENT =
      Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER);

  /// A failure that one call ends with.
  ///
  /// @param pushback what the server says of when to come back, null for nothing
  record Failure(Status status, @Nullable String pushback) {}

  final Queue<Failure> failures = new ConcurrentLinkedQueue<>();
  final List<ScoreRequest> scored = new CopyOnWriteArrayList<>();
  final List<UpsertItemsRequest> upserts = new CopyOnWriteArrayList<>();
  final List<UpdateStatsRequest> statistics = new CopyOnWriteArrayList<>();
  final List<DeleteItemsRequest> deletions = new CopyOnWriteArrayList<>();
  final List<GetItemsRequest> lookups = new CopyOnWriteArrayList<>();
  final List<String> userAgents = new CopyOnWriteArrayList<>();
  final List<String> traceParents = new CopyOnWriteArrayList<>();
  final HealthStatusManager health = new HealthStatusManager();
  final CountDownLatch entered = new CountDownLatch(1);
  final CountDownLatch cancelled = new CountDownLatch(1);
  volatile @Nullable CountDownLatch gate;
  private final Server server;
  private final int port;

  FakeServer() {
    this(InsecureServerCredentials.create());
  }

  FakeServer(ServerCredentials credentials) {
    try {
      server =
          Grpc.newServerBuilderForPort(0, credentials)
              .maxInboundMessageSize(64 << 20)
              .intercept(new Attempts())
              .addService(new Scoring())
              .addService(new Items())
              .addService(health.getHealthService())
              .build()
              .start();
      port = server.getPort();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  int port() {
    return port;
  }

  String target() {
    return "localhost:" + port;
  }

  void fail(Status status, int times) {
    for (int i = 0; i < times; i++) {
      failures.add(new Failure(status, null));
    }
  }

  @Override
  public void close() {
    try {
      server.shutdownNow().awaitTermination();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private final class Attempts implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      userAgents.add(String.valueOf(headers.get(USER_AGENT)));
      traceParents.add(String.valueOf(headers.get(TRACE_PARENT)));
      Failure failure = failures.poll();
      if (failure == null) {
        return next.startCall(call, headers);
      }
      Metadata trailers = new Metadata();
      if (failure.pushback() != null) {
        trailers.put(PUSHBACK, failure.pushback());
      }
      call.close(failure.status(), trailers);
      return new ServerCall.Listener<>() {};
    }
  }

  private void awaitGate() {
    CountDownLatch closed = gate;
    entered.countDown();
    if (closed != null) {
      try {
        closed.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private final class Scoring extends ScoringGrpc.ScoringImplBase {
    @Override
    public void score(ScoreRequest request, StreamObserver<ScoreResponse> observer) {
      scored.add(request);
      Context.current().addListener(_ -> cancelled.countDown(), Runnable::run);
      awaitGate();
      if (request.getCandidatesCount() == 0) {
        observer.onError(
            Status.INVALID_ARGUMENT.withDescription("candidates: none").asRuntimeException());
        return;
      }
      ScoreResponse.Builder response = ScoreResponse.newBuilder().setModel("saviorrec");
      request
          .getCandidatesList()
          .forEach(c -> response.addScoresBuilder().setItemId(c.getItemId()).setPctr(0.25f));
      observer.onNext(response.build());
      observer.onCompleted();
    }

    @Override
    public void scoreUsers(ScoreUsersRequest request, StreamObserver<ScoreUsersResponse> observer) {
      ScoreUsersResponse.Builder response = ScoreUsersResponse.newBuilder();
      request.getRequestsList().forEach(each -> response.addResults(result(each)));
      observer.onNext(response.build());
      observer.onCompleted();
    }

    @Override
    public StreamObserver<ScoreStreamRequest> scoreStream(
        StreamObserver<ScoreStreamResponse> observer) {
      return new StreamObserver<>() {
        private final Deque<ScoreStreamRequest> held = new ArrayDeque<>();

        @Override
        public void onNext(ScoreStreamRequest message) {
          if (message.getRequest().getUser().getUserId() == 13) {
            observer.onError(Status.UNAVAILABLE.withDescription("stopping").asRuntimeException());
            return;
          }
          // In another order than they came.
          held.push(message);
        }

        @Override
        public void onError(Throwable cause) {}

        @Override
        public void onCompleted() {
          held.forEach(
              message ->
                  observer.onNext(
                      ScoreStreamResponse.newBuilder()
                          .setSequence(message.getSequence())
                          .setResult(result(message.getRequest()))
                          .build()));
          observer.onCompleted();
        }
      };
    }
  }

  /// Answers by the ids of the candidates, each as its request's only one; one without candidates
  /// is wrong, and one of user 13 ends the call.
  private static ScoreResult result(ScoreRequest request) {
    if (request.getCandidatesCount() == 0) {
      return ScoreResult.newBuilder()
          .setError(
              ScoreError.newBuilder()
                  .setCode(Status.Code.INVALID_ARGUMENT.value())
                  .setMessage("candidates: none"))
          .build();
    }
    ScoreResponse.Builder response = ScoreResponse.newBuilder().setModel("saviorrec");
    response.addScoresBuilder().setItemId(request.getCandidates(0).getItemId());
    return ScoreResult.newBuilder().setResponse(response).build();
  }

  private final class Items extends ItemsGrpc.ItemsImplBase {
    @Override
    public void upsertItems(
        UpsertItemsRequest request, StreamObserver<UpsertItemsResponse> observer) {
      upserts.add(request);
      UpsertItemsResponse.Builder response = UpsertItemsResponse.newBuilder();
      request
          .getItemsList()
          .forEach(i -> response.addResults(UpsertResult.newBuilder().setItemId(i.getItemId())));
      observer.onNext(response.build());
      observer.onCompleted();
    }

    /// Knows the items with even ids.
    @Override
    public void updateStats(
        UpdateStatsRequest request, StreamObserver<UpdateStatsResponse> observer) {
      statistics.add(request);
      List<Long> unknown = request.getItemIdsList().stream().filter(id -> id % 2 != 0).toList();
      observer.onNext(
          UpdateStatsResponse.newBuilder()
              .setUpdated(request.getItemIdsCount() - unknown.size())
              .addAllUnknown(unknown)
              .build());
      observer.onCompleted();
    }

    @Override
    public void deleteItems(
        DeleteItemsRequest request, StreamObserver<DeleteItemsResponse> observer) {
      deletions.add(request);
      observer.onNext(
          DeleteItemsResponse.newBuilder().setDeleted(request.getItemIdsCount()).build());
      observer.onCompleted();
    }

    @Override
    public void getItems(GetItemsRequest request, StreamObserver<GetItemsResponse> observer) {
      lookups.add(request);
      GetItemsResponse.Builder response = GetItemsResponse.newBuilder();
      request.getItemIdsList().forEach(id -> response.addItemsBuilder().setItemId(id));
      observer.onNext(response.build());
      observer.onCompleted();
    }
  }
}
