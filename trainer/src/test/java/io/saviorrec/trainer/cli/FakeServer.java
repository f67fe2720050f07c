package io.saviorrec.trainer.cli;

import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.saviorrec.proto.v1.DeleteItemsRequest;
import io.saviorrec.proto.v1.DeleteItemsResponse;
import io.saviorrec.proto.v1.GetItemsRequest;
import io.saviorrec.proto.v1.GetItemsResponse;
import io.saviorrec.proto.v1.GetModelRequest;
import io.saviorrec.proto.v1.GetModelResponse;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemInfo;
import io.saviorrec.proto.v1.ItemSummary;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.ListItemsRequest;
import io.saviorrec.proto.v1.ListItemsResponse;
import io.saviorrec.proto.v1.ModelVersion;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.proto.v1.Timings;
import io.saviorrec.proto.v1.UpdateStatsRequest;
import io.saviorrec.proto.v1.UpdateStatsResponse;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.proto.v1.UpsertItemsResponse;
import io.saviorrec.proto.v1.UpsertResult;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A server on a free local port that scores an item by its id and keeps what it was asked.
final class FakeServer implements AutoCloseable {
  /// The one item that training saw.
  static final long TRAINED = 300;

  final List<ScoreRequest> scored = new ArrayList<>();
  final List<UpsertItemsRequest> upserts = new ArrayList<>();
  final List<UpdateStatsRequest> statistics = new ArrayList<>();
  final List<DeleteItemsRequest> deletions = new ArrayList<>();
  final List<@Nullable String> authorizations = new ArrayList<>();

  /// Of the model `saviorrec`; null: it does not say.
  @Nullable List<Long> live = List.of(3L);

  private final Server server;
  private final String target;

  FakeServer() {
    try {
      server =
          Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
              .directExecutor()
              .maxInboundMessageSize(64 << 20)
              .intercept(new Authorizations())
              .addService(new Scoring())
              .addService(new Items())
              .build()
              .start();
      target = "localhost:" + server.getPort();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  String target() {
    return target;
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

  private final class Authorizations implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      authorizations.add(
          headers.get(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER)));
      return next.startCall(call, headers);
    }
  }

  private final class Scoring extends ScoringGrpc.ScoringImplBase {
    @Override
    public void getModel(GetModelRequest request, StreamObserver<GetModelResponse> observer) {
      List<Long> versions = live;
      if (versions == null) {
        observer.onError(Status.UNAVAILABLE.withDescription("starting").asRuntimeException());
        return;
      }
      if (!request.getModel().equals("saviorrec")) {
        observer.onError(Status.NOT_FOUND.withDescription("no such model").asRuntimeException());
        return;
      }
      GetModelResponse.Builder response = GetModelResponse.newBuilder().setModel("saviorrec");
      versions.forEach(each -> response.addVersions(ModelVersion.newBuilder().setVersion(each)));
      observer.onNext(response.build());
      observer.onCompleted();
    }

    @Override
    public void score(ScoreRequest request, StreamObserver<ScoreResponse> observer) {
      scored.add(request);
      if (request.getCandidatesCount() + request.getCandidateIdsCount() == 0) {
        observer.onError(
            Status.INVALID_ARGUMENT.withDescription("candidates: none").asRuntimeException());
        return;
      }
      ScoreResponse.Builder response =
          ScoreResponse.newBuilder()
              .setModel("saviorrec")
              .setVersion(3)
              .setVariant("saviorrec")
              .setBucket(request.getBucket())
              .setUnknownHistoryItems(2)
              .setTimings(
                  Timings.newBuilder()
                      .setQueueUs(100)
                      .setItemsUs(200)
                      .setModelUs(1200)
                      .setTotalUs(1500));
      for (var candidate : request.getCandidatesList()) {
        response.addScores(
            Score.newBuilder()
                .setItemId(candidate.getItemId())
                .setPctr(candidate.getItemId() / 1000f)
                .setSource(ScoreSource.TRAINED));
      }
      for (long itemId : request.getCandidateIdsList()) {
        response.addPctr(itemId / 1000f).addSources(ScoreSource.TRAINED);
      }
      observer.onNext(response.build());
      observer.onCompleted();
    }
  }

  private final class Items extends ItemsGrpc.ItemsImplBase {
    @Override
    public void upsertItems(
        UpsertItemsRequest request, StreamObserver<UpsertItemsResponse> observer) {
      upserts.add(request);
      UpsertItemsResponse.Builder response = UpsertItemsResponse.newBuilder();
      for (Item item : request.getItemsList()) {
        response.addResults(
            UpsertResult.newBuilder()
                .setItemId(item.getItemId())
                .setUnchanged(item.getTitle().startsWith("Old"))
                .setError(item.getTitle().isEmpty() ? "neither title nor image" : ""));
      }
      observer.onNext(response.build());
      observer.onCompleted();
    }

    /// Knows items below 900, and has newer statistics of the trained one.
    @Override
    public void updateStats(
        UpdateStatsRequest request, StreamObserver<UpdateStatsResponse> observer) {
      statistics.add(request);
      UpdateStatsResponse.Builder response = UpdateStatsResponse.newBuilder();
      int updated = 0;
      for (long id : request.getItemIdsList()) {
        if (id >= 900) {
          response.addUnknown(id);
        } else if (id == TRAINED) {
          response.addStale(id);
        } else {
          updated++;
        }
      }
      observer.onNext(response.setUpdated(updated).build());
      observer.onCompleted();
    }

    @Override
    public void deleteItems(
        DeleteItemsRequest request, StreamObserver<DeleteItemsResponse> observer) {
      deletions.add(request);
      long there = request.getItemIdsList().stream().filter(id -> id < 900).count();
      observer.onNext(DeleteItemsResponse.newBuilder().setDeleted((int) there).build());
      observer.onCompleted();
    }

    /// Has the items 1, 2 and 3, two of them a page.
    @Override
    public void listItems(ListItemsRequest request, StreamObserver<ListItemsResponse> observer) {
      long after = request.getPageToken().isEmpty() ? 0 : Long.parseLong(request.getPageToken());
      ListItemsResponse.Builder response = ListItemsResponse.newBuilder();
      long last = Math.min(3, after + Math.min(2, request.getPageSize()));
      for (long id = after + 1; id <= last; id++) {
        response.addItems(
            ItemSummary.newBuilder()
                .setItemId(id)
                .setTitle("Hat " + id)
                .setCategory(id == 1 ? "hats" : "")
                .setTimeMs(1000 * id)
                .setImageBytes(id == 2 ? 34 : 0));
      }
      observer.onNext(response.setNextPageToken(last < 3 ? "" + last : "").build());
      observer.onCompleted();
    }

    @Override
    public void getItems(GetItemsRequest request, StreamObserver<GetItemsResponse> observer) {
      GetItemsResponse.Builder response = GetItemsResponse.newBuilder();
      for (long id : request.getItemIdsList()) {
        ItemInfo.Builder info = response.addItemsBuilder().setItemId(id);
        if (id < 900) {
          info.setSource(id == TRAINED ? ScoreSource.TRAINED : ScoreSource.ENCODED)
              .setTitle("Served " + id)
              .addCodes(4)
              .addCodes(7)
              .setAlignmentRatio(0.25f);
        } else {
          info.setSource(ScoreSource.UNKNOWN_ITEM);
        }
      }
      observer.onNext(response.build());
      observer.onCompleted();
    }
  }
}
