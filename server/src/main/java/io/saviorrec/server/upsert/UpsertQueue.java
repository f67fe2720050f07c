package io.saviorrec.server.upsert;

import io.saviorrec.server.admission.ComputeEstimate;
import io.saviorrec.server.admission.Demand;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.metrics.UpsertMetrics;
import io.saviorrec.server.registry.LiveModel;
import io.saviorrec.server.registry.LiveModels;
import io.saviorrec.server.registry.Registry;
import io.saviorrec.server.registry.SnapshotHandle;
import io.saviorrec.server.request.FatalErrors;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.store.SentItems;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The upserts that wait for a turn, and their way through it.
///
/// Coalescing: each upsert waits in the lane by a [Ticket]. When its turn comes it begins a [Turn],
/// and those that wait behind it put their items in too, in the order of their coming, until the
/// turn is full. Nothing waits while a thread is idle: a single upsert is a turn by itself.
///
/// Fairness: what a turn leaves of an upsert goes to the end of the queue, so one waits for no more
/// than a turn for each upsert that was admitted, whatever their pictures are like.
///
/// Failures: an upsert whose call ends, or whose items make trouble, leaves the turn alone. Only
/// what the store refuses fails all whose items were to be written.
/*
 * Concurrency: an upsert is in `waiting` or in one turn or has ended. Whoever takes it out of
 * `waiting` decides what becomes of it: the turn that its ticket begins, the turn of another, or
 * the end of its call. A ticket that runs and finds its upsert taken does nothing; so each upsert
 * that waits has a ticket that is still to run.
 */
final class UpsertQueue {
  private static final Logger log = LoggerFactory.getLogger(UpsertQueue.class);

  private final Registry registry;
  private final ItemValidator validator;
  private final SentItems sent;
  private final int encodeBatch;
  private final Lane lane;
  private final UpsertMetrics metrics;
  private final ComputeEstimate itemTime;

  /// In the order of their coming. Guarded by itself.
  private final Deque<Ticket> waiting = new ArrayDeque<>();

  /// An upsert's items in a turn.
  private record Part(Upsert upsert, List<Draft> drafts, boolean slow) {}

  /// @param itemTime learns what a part of a turn takes
  UpsertQueue(
      Registry registry,
      ItemValidator validator,
      SentItems sent,
      int encodeBatch,
      Lane lane,
      UpsertMetrics metrics,
      ComputeEstimate itemTime) {
    this.registry = registry;
    this.validator = validator;
    this.sent = sent;
    this.encodeBatch = encodeBatch;
    this.lane = lane;
    this.metrics = metrics;
    this.itemTime = itemTime;
  }

  /// Lets an upsert wait for its next turn.
  ///
  /// @throws RequestException when the lane takes on nothing
  void enter(Upsert upsert) {
    Ticket ticket = new Ticket(upsert);
    synchronized (waiting) {
      waiting.addLast(ticket);
    }
    CompletableFuture<List<Upsert>> turn;
    try {
      // Its time counts where the whole upsert was admitted.
      turn = lane.submit(ticket, Demand.light(), queuedNanos -> begin(ticket));
    } catch (RequestException e) {
      if (take(ticket)) {
        throw e;
      }
      // It is in the turn of another already.
      return;
    }
    var _ =
        turn.whenComplete(
            (unfinished, failure) -> {
              if (failure == null) {
                unfinished.forEach(this::again);
              } else if (take(ticket)) {
                upsert.fail(failure);
              }
            });
  }

  private boolean take(Ticket ticket) {
    synchronized (waiting) {
      return waiting.remove(ticket);
    }
  }

  /// The next that may share a turn.
  private @Nullable Ticket next() {
    synchronized (waiting) {
      for (Ticket ticket : waiting) {
        if (!ticket.upsert().slow()) {
          waiting.remove(ticket);
          return ticket;
        }
      }
      return null;
    }
  }

  private List<Upsert> begin(Ticket ticket) {
    return take(ticket) ? turn(ticket.upsert()) : List.of();
  }

  private void again(Upsert upsert) {
    try {
      enter(upsert);
    } catch (RequestException e) {
      finishAtOnce(upsert);
    }
  }

  /// A lane that drains takes on nothing more, but lets what it has come to an end: this turn.
  private void finishAtOnce(Upsert upsert) {
    Deque<Upsert> unfinished = new ArrayDeque<>(List.of(upsert));
    while (!unfinished.isEmpty()) {
      unfinished.addAll(turn(unfinished.removeFirst()));
    }
  }

  /// One turn.
  ///
  /// @return those of its upserts of which something is left
  private List<Upsert> turn(Upsert first) {
    List<Upsert> joined = new ArrayList<>(List.of(first));
    try (SnapshotHandle live = registry.acquireAll()) {
      long start = System.nanoTime();
      LiveModels models = live.models();
      Turn turn = new Turn(models.encoderGroups(), sent, encodeBatch, metrics);
      List<Part> parts = new ArrayList<>();
      join(first, turn, models, parts);
      for (Ticket other = more(turn); other != null; other = more(turn)) {
        joined.add(other.upsert());
        other.withdraw();
        join(other.upsert(), turn, models, parts);
      }
      leave(turn, parts);
      turn.encode();
      store(turn, parts);
      computeStates(turn, models);
      observe(parts, System.nanoTime() - start);
      return end(parts);
    } catch (Throwable e) {
      // A fault of ours; nobody may wait for ever.
      FatalErrors.endIfFatal(e);
      joined.forEach(upsert -> upsert.fail(e));
      return List.of();
    }
  }

  private @Nullable Ticket more(Turn turn) {
    return turn.open() ? next() : null;
  }

  private void join(Upsert upsert, Turn turn, LiveModels models, List<Part> parts) {
    try {
      List<Draft> left = upsert.left(validator, models);
      Turn.Share share = left.isEmpty() ? new Turn.Share(0, false) : turn.add(left, upsert.call());
      parts.add(new Part(upsert, left.subList(0, share.taken()), share.slow()));
    } catch (RuntimeException e) {
      upsert.fail(e);
    }
  }

  /// Before the expensive part: whoever does not wait any more goes.
  private static void leave(Turn turn, List<Part> parts) {
    parts.removeIf(
        part -> {
          try {
            part.upsert().call().check();
            return false;
          } catch (RequestException e) {
            turn.drop(part.drafts());
            part.upsert().fail(e);
            return true;
          }
        });
  }

  /// What is stored so far of an upsert stays stored: sending the rest again is harmless.
  private static void store(Turn turn, List<Part> parts) {
    try {
      turn.store();
    } catch (RuntimeException e) {
      parts.removeIf(
          part -> {
            boolean lost = part.drafts().stream().anyMatch(Draft::good);
            if (lost) {
              part.upsert().fail(e);
            }
            return lost;
          });
    }
  }

  /// Before they are answered, so that the first request that names one of the items finds its
  /// state. They are stored: what goes wrong here is told by the requests that need the states.
  private static void computeStates(Turn turn, LiveModels models) {
    long[] stored = turn.stored();
    for (LiveModel model : models.all()) {
      try {
        model.computeItems(stored);
      } catch (RuntimeException e) {
        log.debug("{} has no states of all items that were stored", model, e);
      }
    }
  }

  /// Each has its part in what the turn took.
  private void observe(List<Part> parts, long nanos) {
    int items = parts.stream().mapToInt(part -> part.drafts().size()).sum();
    for (Part part : parts) {
      int own = part.drafts().size();
      if (own > 0) {
        itemTime.observe(own, nanos * own / items);
      }
    }
  }

  private static List<Upsert> end(List<Part> parts) {
    List<Upsert> unfinished = new ArrayList<>();
    for (Part part : parts) {
      Upsert upsert = part.upsert();
      upsert.dealtWith(part.drafts().size());
      upsert.slow(part.slow());
      if (upsert.finished()) {
        upsert.succeed();
      } else {
        unfinished.add(upsert);
      }
    }
    return unfinished;
  }
}
