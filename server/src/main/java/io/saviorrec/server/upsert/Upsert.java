package io.saviorrec.server.upsert;

import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.proto.v1.UpsertItemsResponse;
import io.saviorrec.server.admission.Admission;
import io.saviorrec.server.admission.Demand;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.metrics.UpsertMetrics;
import io.saviorrec.server.registry.LiveModels;
import io.saviorrec.server.registry.Registry;
import io.saviorrec.server.registry.SnapshotHandle;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.RequestException;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// One upsert on its way through the lane, which it passes in turns.
///
/// Fairness: a turn deals with a few items and then goes to the end of the lane's queue, so that
/// the upserts that wait there are served round-robin, and one of slow pictures holds up another by
/// no more than a turn for each upsert that was admitted. The place that the call was admitted to
/// is kept over all turns.
///
/// Concurrency: turns follow one another, on whichever threads; the queue between them orders what
/// they write.
final class Upsert {
  private final UpsertItemsRequest request;
  private final Call call;
  private final Admission.Place place;
  private final Demand demand;
  private final Parts parts;
  private final CompletableFuture<UpsertItemsResponse> answer = new CompletableFuture<>();
  private List<Draft> drafts = List.of();
  private List<Draft> left = List.of();
  private boolean validated;

  /// What every upsert uses.
  record Parts(
      Registry registry,
      ItemValidator validator,
      Encoding encoding,
      Lane lane,
      UpsertMetrics metrics) {}

  /// An upsert that has not begun.
  ///
  /// @param place given back when it ends
  /// @param demand what it was admitted with
  Upsert(UpsertItemsRequest request, Call call, Admission.Place place, Demand demand, Parts parts) {
    this.request = request;
    this.call = call;
    this.place = place;
    this.demand = demand;
    this.parts = parts;
  }

  /// Lets it wait for its first turn.
  ///
  /// @throws RequestException when the lane takes on nothing
  CompletableFuture<UpsertItemsResponse> start() {
    try {
      nextTurn();
    } catch (RuntimeException e) {
      place.giveBack();
      throw e;
    }
    return answer;
  }

  private void nextTurn() {
    // Its time counts where the whole upsert was admitted.
    var _ =
        parts
            .lane
            .submit(call, Demand.light(), queuedNanos -> turn())
            .whenComplete(this::afterTurn);
  }

  /// What is thrown here nobody would hear of.
  private void afterTurn(Boolean finished, Throwable failure) {
    if (failure != null) {
      fail(failure);
      return;
    }
    try {
      if (finished) {
        succeed();
      } else {
        goOn();
      }
    } catch (Throwable e) {
      fail(e);
    }
  }

  private void goOn() {
    try {
      nextTurn();
    } catch (RequestException draining) {
      finishAtOnce();
    }
  }

  /// A lane that drains takes on nothing more, but lets what it has come to an end: this turn.
  private void finishAtOnce() {
    boolean finished = false;
    while (!finished) {
      finished = turn();
    }
    succeed();
  }

  /// Whether nothing is left to do.
  private boolean turn() {
    long start = System.nanoTime();
    try (SnapshotHandle live = parts.registry.acquireAll()) {
      LiveModels models = live.models();
      if (!validated) {
        drafts = parts.validator.validate(request.getItemsList(), models.features());
        left = drafts.stream().filter(Draft::good).toList();
        drafts.stream().filter(draft -> !draft.good()).forEach(this::count);
        validated = true;
      }
      if (!left.isEmpty()) {
        // What is stored so far stays stored: sending the rest again is harmless.
        int done = parts.encoding.encodeAndStore(models.encoderGroups(), left, call);
        left.subList(0, done).forEach(this::count);
        left = left.subList(done, left.size());
      }
      demand.ran().accept(System.nanoTime() - start);
      return left.isEmpty();
    }
  }

  /// Whatever becomes of the rest of the call.
  private void count(Draft draft) {
    parts.metrics.count(draft.good(), draft.unchanged());
  }

  private void succeed() {
    UpsertItemsResponse.Builder response = UpsertItemsResponse.newBuilder();
    for (Draft draft : drafts) {
      response.addResults(draft.result());
    }
    place.giveBack();
    answer.complete(response.build());
  }

  /// The place first: whoever hears of the end may send more at once.
  private void fail(Throwable failure) {
    place.giveBack();
    answer.completeExceptionally(failure);
  }
}
