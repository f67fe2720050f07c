package io.saviorrec.server.upsert;

import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.proto.v1.UpsertItemsResponse;
import io.saviorrec.server.admission.Admission;
import io.saviorrec.server.metrics.UpsertMetrics;
import io.saviorrec.server.registry.LiveModels;
import io.saviorrec.server.request.Call;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// One upsert on its way in: what is left of it to encode and store, and its answer. The place that
/// it was admitted to is kept until it ends.
///
/// Concurrency: its turns follow one another, on whichever threads; the queue between them orders
/// what they write.
final class Upsert {
  private final UpsertItemsRequest request;
  private final Call call;
  private final Admission.Place place;
  private final UpsertMetrics metrics;
  private final CompletableFuture<UpsertItemsResponse> answer = new CompletableFuture<>();
  private List<Draft> drafts = List.of();
  private List<Draft> left = List.of();
  private boolean validated;
  private boolean slow;

  /// An upsert that has not begun.
  ///
  /// @param place given back when it ends
  Upsert(UpsertItemsRequest request, Call call, Admission.Place place, UpsertMetrics metrics) {
    this.request = request;
    this.call = call;
    this.place = place;
    this.metrics = metrics;
  }

  Call call() {
    return call;
  }

  CompletableFuture<UpsertItemsResponse> answer() {
    return answer;
  }

  /// What is left of it; at its first turn its items are checked.
  List<Draft> left(ItemValidator validator, LiveModels models) {
    if (!validated) {
      drafts = validator.validate(request.getItemsList(), models);
      left = drafts.stream().filter(Draft::good).toList();
      drafts.stream().filter(draft -> !draft.good()).forEach(this::count);
      validated = true;
    }
    return left;
  }

  /// Its next picture holds others up, so it is to begin a turn and not to share another's.
  boolean slow() {
    return slow;
  }

  void slow(boolean holdsUp) {
    slow = holdsUp;
  }

  /// The first of what was left has been stored, or cannot be used, whatever becomes of the rest.
  void dealtWith(int count) {
    left.subList(0, count).forEach(this::count);
    left = left.subList(count, left.size());
  }

  private void count(Draft draft) {
    metrics.count(draft.good(), draft.unchanged());
  }

  boolean finished() {
    return validated && left.isEmpty();
  }

  /// The place first: whoever hears of the end may send more at once.
  void succeed() {
    UpsertItemsResponse.Builder response = UpsertItemsResponse.newBuilder();
    for (Draft draft : drafts) {
      response.addResults(draft.result());
    }
    place.giveBack();
    answer.complete(response.build());
  }

  void fail(Throwable failure) {
    place.giveBack();
    answer.completeExceptionally(failure);
  }
}
