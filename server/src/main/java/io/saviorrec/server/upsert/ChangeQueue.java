package io.saviorrec.server.upsert;

import io.saviorrec.server.admission.Demand;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.store.ItemChange;
import io.saviorrec.server.store.SentItems;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// Changes that need no encoding, on their way into the store: those that wait together are written
/// together.
///
/// Concurrency: a piece is in `waiting` or is being written or has ended. Each piece has a task in
/// the lane, which writes what waits in its order until the piece is no longer among it, so none
/// waits for a task of others, which may never run.
final class ChangeQueue {
  private final SentItems sent;
  private final Lane lane;
  private final int mostAtOnce;

  /// In the order of their coming. Guarded by itself.
  private final Deque<Piece> waiting = new ArrayDeque<>();

  /// The changes of one call.
  private static final class Piece {
    final List<? extends ItemChange> changes;
    final CompletableFuture<List<ItemChange.Outcome>> written = new CompletableFuture<>();

    Piece(List<? extends ItemChange> changes) {
      this.changes = changes;
    }
  }

  /// @param mostAtOnce changes of several calls that are written at once
  ChangeQueue(SentItems sent, Lane lane, int mostAtOnce) {
    this.sent = sent;
    this.lane = lane;
    this.mostAtOnce = mostAtOnce;
  }

  /// What became of each of these changes, once they are durable.
  ///
  /// @throws RequestException when there is no room in the queue
  CompletableFuture<List<ItemChange.Outcome>> submit(
      List<? extends ItemChange> changes, Call call, Demand demand) {
    Piece piece = new Piece(changes);
    synchronized (waiting) {
      waiting.addLast(piece);
    }
    CompletableFuture<Integer> turn;
    try {
      turn = lane.submit(call, demand, queuedNanos -> write(piece));
    } catch (RequestException e) {
      if (take(piece)) {
        throw e;
      }
      // Another call writes it already.
      return piece.written;
    }
    var _ =
        turn.whenComplete(
            (_, failure) -> {
              if (failure != null && take(piece)) {
                piece.written.completeExceptionally(failure);
              }
            });
    return piece.written;
  }

  private boolean take(Piece piece) {
    synchronized (waiting) {
      return waiting.remove(piece);
    }
  }

  private boolean waits(Piece piece) {
    synchronized (waiting) {
      return waiting.contains(piece);
    }
  }

  /// Writes what waits until this piece does not.
  ///
  /// @return how many changes there were
  private int write(Piece piece) {
    int changes = 0;
    while (waits(piece)) {
      changes += writeSome();
    }
    return changes;
  }

  /// Writes what waits, as far as it fits.
  ///
  /// @return how many changes there were
  private int writeSome() {
    List<Piece> pieces = new ArrayList<>();
    List<ItemChange> changes = new ArrayList<>();
    synchronized (waiting) {
      while (!waiting.isEmpty()
          && (pieces.isEmpty()
              || changes.size() + waiting.getFirst().changes.size() <= mostAtOnce)) {
        Piece piece = waiting.removeFirst();
        pieces.add(piece);
        changes.addAll(piece.changes);
      }
    }
    if (pieces.isEmpty()) {
      return 0;
    }
    List<ItemChange.Outcome> outcomes;
    try {
      outcomes = sent.change(changes);
    } catch (Throwable e) {
      pieces.forEach(piece -> piece.written.completeExceptionally(e));
      throw e;
    }
    int at = 0;
    for (Piece piece : pieces) {
      int end = at + piece.changes.size();
      piece.written.complete(List.copyOf(outcomes.subList(at, end)));
      at = end;
    }
    return changes.size();
  }
}
