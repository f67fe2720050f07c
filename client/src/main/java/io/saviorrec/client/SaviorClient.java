package io.saviorrec.client;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.saviorrec.proto.v1.DeleteItemsRequest;
import io.saviorrec.proto.v1.GetItemsResponse;
import io.saviorrec.proto.v1.GetModelRequest;
import io.saviorrec.proto.v1.GetModelResponse;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemInfo;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.ListItemsRequest;
import io.saviorrec.proto.v1.ListItemsResponse;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoreResult;
import io.saviorrec.proto.v1.ScoreUsersRequest;
import io.saviorrec.proto.v1.ScoreUsersResponse;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.proto.v1.UpdateStatsRequest;
import io.saviorrec.proto.v1.UpdateStatsResponse;
import io.saviorrec.proto.v1.UpsertItemsResponse;
import io.saviorrec.proto.v1.UpsertResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/// Calls one or more servers that serve the same models.
///
/// A blocking call ends in a [CallException]; the future of an asynchronous one fails with it, and
/// to cancel the future cancels the call. Thread-safe; one client, with its connections, is meant
/// for a whole process.
public final class SaviorClient implements AutoCloseable {
  private final ManagedChannel channel;
  private final String target;
  private final Duration deadline;

  private SaviorClient(ManagedChannel channel, String target, Duration deadline) {
    this.channel = channel;
    this.target = target;
    this.deadline = deadline;
  }

  /// Connects at the first call.
  ///
  /// @throws IllegalArgumentException when a file of `tls` cannot be used
  public static SaviorClient connect(ClientConfig config) {
    return connect(config, List.of());
  }

  /// The same with interceptors around every call, the first of them outermost: those of a
  /// telemetry library, for one, which pass the caller's trace on to the server.
  ///
  /// @throws IllegalArgumentException when a file of `tls` cannot be used
  public static SaviorClient connect(
      ClientConfig config, List<? extends ClientInterceptor> interceptors) {
    return new SaviorClient(
        Channels.open(config, interceptors), config.target(), config.deadline());
  }

  /// This client, on the same connections, with another deadline for its calls.
  public SaviorClient withDeadline(Duration newDeadline) {
    if (newDeadline.isNegative() || newDeadline.isZero()) {
      throw new IllegalArgumentException("deadline must be positive, was " + newDeadline);
    }
    return new SaviorClient(channel, target, newDeadline);
  }

  /// The click probability of each candidate, in the order of the request.
  public ScoreResponse score(ScoreRequest request) {
    return call(ScoringGrpc.getScoreMethod(), request);
  }

  public CompletableFuture<ScoreResponse> scoreAsync(ScoreRequest request) {
    return callAsync(ScoringGrpc.getScoreMethod(), request);
  }

  /// The answers of several users' requests, in their order; what is wrong with one of them is in
  /// its result and fails no other.
  ///
  /// @param requests at most the server's `scoring.maxUsers`, together with no more in them than
  ///   one may have
  public List<ScoreResult> scoreUsers(List<ScoreRequest> requests) {
    return call(ScoringGrpc.getScoreUsersMethod(), users(requests)).getResultsList();
  }

  public CompletableFuture<List<ScoreResult>> scoreUsersAsync(List<ScoreRequest> requests) {
    return callAsync(ScoringGrpc.getScoreUsersMethod(), users(requests))
        .thenApply(ScoreUsersResponse::getResultsList);
  }

  private static ScoreUsersRequest users(List<ScoreRequest> requests) {
    return ScoreUsersRequest.newBuilder().addAllRequests(requests).build();
  }

  /// Columns, limits, versions and labels of a model.
  public GetModelResponse getModel(GetModelRequest request) {
    return call(ScoringGrpc.getGetModelMethod(), request);
  }

  /// Opens a call that takes one scoring request after the other, each with this client's deadline.
  public ScoringStream openStream() {
    return ScoringStream.open(channel, target, deadline);
  }

  /// Stores and encodes items, in as many calls as their size needs, each with the whole deadline;
  /// one result for each item, in their order. When it fails, items of earlier calls are stored;
  /// sending all of them again does no harm.
  public List<UpsertResult> upsertItems(List<Item> items) {
    return inTurn(
        Batches.upserts(items),
        request -> call(ItemsGrpc.getUpsertItemsMethod(), request).getResultsList());
  }

  public CompletableFuture<List<UpsertResult>> upsertItemsAsync(List<Item> items) {
    return inTurnAsync(
        Batches.upserts(items),
        ItemsGrpc.getUpsertItemsMethod(),
        UpsertItemsResponse::getResultsList);
  }

  /// Refreshes statistics of items, in as many calls as their number needs, each with the whole
  /// deadline; what became of all of them. When it fails, those of earlier calls are stored;
  /// sending all of them again does no harm.
  ///
  /// @throws IllegalArgumentException when a column has not one value for each item
  public UpdateStatsResponse updateStats(UpdateStatsRequest request) {
    UpdateStatsResponse.Builder whole = UpdateStatsResponse.newBuilder();
    int updated = 0;
    for (UpdateStatsRequest batch : Batches.statistics(request)) {
      UpdateStatsResponse part = call(ItemsGrpc.getUpdateStatsMethod(), batch);
      updated += part.getUpdated();
      whole.addAllUnknown(part.getUnknownList()).addAllStale(part.getStaleList());
    }
    return whole.setUpdated(updated).build();
  }

  /// Erases items, likewise in several calls; how many of them were there.
  public int deleteItems(List<Long> itemIds) {
    int deleted = 0;
    for (DeleteItemsRequest batch : Batches.deletions(itemIds)) {
      deleted += call(ItemsGrpc.getDeleteItemsMethod(), batch).getDeleted();
    }
    return deleted;
  }

  /// One page of the items that were sent, or of those that were erased.
  public ListItemsResponse listItems(ListItemsRequest request) {
    return call(ItemsGrpc.getListItemsMethod(), request);
  }

  /// What the default model knows of items, in their order.
  public List<ItemInfo> getItems(List<Long> itemIds) {
    return getItems(itemIds, "");
  }

  /// What the model of that name knows of items, in their order; the default model when it is
  /// empty.
  public List<ItemInfo> getItems(List<Long> itemIds, String model) {
    return inTurn(
        Batches.lookups(itemIds, model),
        request -> call(ItemsGrpc.getGetItemsMethod(), request).getItemsList());
  }

  public CompletableFuture<List<ItemInfo>> getItemsAsync(List<Long> itemIds, String model) {
    return inTurnAsync(
        Batches.lookups(itemIds, model),
        ItemsGrpc.getGetItemsMethod(),
        GetItemsResponse::getItemsList);
  }

  /// Whether a server answers that it is ready to score; false when none can be reached.
  public boolean isServing() {
    try {
      return call(HealthGrpc.getCheckMethod(), HealthCheckRequest.getDefaultInstance()).getStatus()
          == ServingStatus.SERVING;
    } catch (CallException _) {
      return false;
    }
  }

  /// Takes no further call, waits up to a deadline for those in flight and then cancels them.
  @Override
  public void close() {
    channel.shutdown();
    try {
      if (!channel.awaitTermination(deadline.toNanos(), TimeUnit.NANOSECONDS)) {
        channel.shutdownNow();
      }
    } catch (InterruptedException _) {
      channel.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }

  private CallOptions options() {
    return CallOptions.DEFAULT.withDeadlineAfter(deadline);
  }

  private CallException failure(Throwable cause) {
    return CallException.of(Status.fromThrowable(cause), target, deadline, cause);
  }

  private <Q, A> A call(MethodDescriptor<Q, A> method, Q request) {
    try {
      return ClientCalls.blockingUnaryCall(channel, method, options(), request);
    } catch (StatusRuntimeException e) {
      throw failure(e);
    }
  }

  private <Q, A> CompletableFuture<A> callAsync(MethodDescriptor<Q, A> method, Q request) {
    CompletableFuture<A> answer = new CompletableFuture<>();
    ClientCall<Q, A> call = channel.newCall(method, options());
    var _ =
        answer.whenComplete(
            (_, _) -> {
              if (answer.isCancelled()) {
                call.cancel("the caller cancelled it", null);
              }
            });
    ClientCalls.asyncUnaryCall(
        call,
        request,
        new StreamObserver<>() {
          @Override
          public void onNext(A value) {
            answer.complete(value);
          }

          @Override
          public void onError(Throwable cause) {
            answer.completeExceptionally(failure(cause));
          }

          @Override
          public void onCompleted() {
            // A call of this kind completes after its one answer, or fails.
          }
        });
    return answer;
  }

  private static <Q, R> List<R> inTurn(List<Q> requests, Function<Q, List<R>> call) {
    List<R> results = new ArrayList<>();
    requests.forEach(request -> results.addAll(call.apply(request)));
    return results;
  }

  private <Q, A, R> CompletableFuture<List<R>> inTurnAsync(
      List<Q> requests, MethodDescriptor<Q, A> method, Function<A, List<R>> results) {
    CompletableFuture<List<R>> all = new CompletableFuture<>();
    next(requests, 0, request -> callAsync(method, request), results, new ArrayList<>(), all);
    return all;
  }

  private static <Q, A, R> void next(
      List<Q> requests,
      int index,
      Function<Q, CompletableFuture<A>> call,
      Function<A, List<R>> results,
      List<R> gathered,
      CompletableFuture<List<R>> all) {
    if (index == requests.size()) {
      all.complete(gathered);
      return;
    }
    if (all.isDone()) {
      return;
    }
    CompletableFuture<A> current = call.apply(requests.get(index));
    var _ = all.whenComplete((_, _) -> current.cancel(false));
    var _ =
        current.whenComplete(
            (answer, failure) -> {
              if (failure != null) {
                all.completeExceptionally(failure);
              } else {
                gathered.addAll(results.apply(answer));
                next(requests, index + 1, call, results, gathered, all);
              }
            });
  }
}
