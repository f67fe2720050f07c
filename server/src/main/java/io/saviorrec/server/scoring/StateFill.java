package io.saviorrec.server.scoring;

import io.saviorrec.server.admission.Demand;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.registry.LiveModel;
import io.saviorrec.server.registry.ModelHandle;
import io.saviorrec.server.registry.Registry;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.Priority;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.routing.Route;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Computes the states of a model's hottest items before requests ask for them, as many as are
/// kept.
///
/// It goes by the way of requests, in small steps of the lowest priority, so that a request waits
/// for one of them at most. When a step finds no place, requests keep the threads busy and compute
/// what they miss themselves: then it ends.
public final class StateFill {
  private static final Logger log = LoggerFactory.getLogger(StateFill.class);
  private static final int STEP = 256;

  private final Registry registry;
  private final Lane lane;
  private final LiveModel model;
  private final long[] itemIds;
  private final int step;
  private final CompletableFuture<Integer> filled = new CompletableFuture<>();

  private StateFill(
      Registry registry, Lane lane, LiveModel model, long[] itemIds, int maxCandidates) {
    this.registry = registry;
    this.lane = lane;
    this.model = model;
    this.itemIds = itemIds;
    this.step = Math.min(STEP, maxCandidates);
  }

  /// Begins to fill a model's table.
  ///
  /// @param itemIds whose states are computed, no more than are kept
  /// @return how many were, once it has ended
  public static CompletableFuture<Integer> start(
      Registry registry, Lane lane, LiveModel model, long[] itemIds, int maxCandidates) {
    StateFill fill = new StateFill(registry, lane, model, itemIds, maxCandidates);
    fill.from(0);
    return fill.filled;
  }

  private void from(int first) {
    if (first >= itemIds.length) {
      filled.complete(first);
      return;
    }
    int end = Math.min(itemIds.length, first + step);
    try {
      Demand demand = new Demand(Priority.LOW, 0, 0, nanos -> {});
      var _ =
          lane.submit(Call.UNBOUNDED, demand, queuedNanos -> compute(first, end))
              .whenComplete((to, failure) -> next(first, to, failure));
    } catch (RequestException e) {
      end(first, e);
    }
  }

  private Integer compute(int first, int end) {
    try (ModelHandle handle = registry.acquire(live -> Route.to(model.model(), model.version()))) {
      handle.model().states().computeItems(Arrays.copyOfRange(itemIds, first, end), Call.UNBOUNDED);
      return end;
    }
  }

  private void next(int first, Integer to, Throwable failure) {
    if (failure == null) {
      from(to);
    } else {
      end(first, failure);
    }
  }

  private void end(int first, Throwable failure) {
    log.debug("{} item states of {} were computed ahead: {}", first, model, failure.toString());
    filled.complete(first);
  }
}
