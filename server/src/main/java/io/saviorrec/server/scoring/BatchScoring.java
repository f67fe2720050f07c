package io.saviorrec.server.scoring;

import io.saviorrec.contract.ScoreBatch;
import io.saviorrec.server.admission.ComputeEstimate;
import io.saviorrec.server.batching.Together;
import io.saviorrec.server.batching.Turn;
import io.saviorrec.server.engine.ModelEngine;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.FatalErrors;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.request.Stage;
import io.saviorrec.server.states.ItemLease;
import java.util.ArrayList;
import java.util.List;

/// Scores requests of one model in one call of its engine.
///
/// What is wrong with one of them fails it alone: a call that ended, items that cannot be read, a
/// score that is no probability. When the engine fails for several, each is tried alone, once.
///
/// @param time of requests like these; those of one model have the same
/// @param mostRows candidates of the requests that go together
/// @param mostItems items that they name, of candidates and histories
record BatchScoring(ComputeEstimate time, int mostRows, int mostItems)
    implements Together<Admitted, ScoreAnswer> {

  /// A request with its items in their slots.
  private record Leased(Turn<Admitted, ScoreAnswer> turn, ItemLease lease) {
    ScoreBatch.Request input() {
      return turn.piece().encoded().withSlots(lease.historySlots(), lease.candidateSlots());
    }

    Call call() {
      return turn.call();
    }
  }

  /// How many requests like this one go together.
  int companions(Admitted request) {
    return Math.max(1, Math.min(mostRows / request.rows(), mostItems / request.items()));
  }

  @Override
  public boolean fits(List<Admitted> chosen, Admitted next) {
    int rows = next.rows();
    int items = next.items();
    for (Admitted each : chosen) {
      rows += each.rows();
      items += each.items();
    }
    return rows <= mostRows && items <= mostItems;
  }

  @Override
  public long expectedNanos(List<Admitted> pieces) {
    return time.predictNanos(parts(pieces));
  }

  @Override
  public void took(List<Admitted> pieces, long nanos) {
    time.observe(parts(pieces), nanos);
  }

  private static int parts(List<Admitted> pieces) {
    int parts = 0;
    for (Admitted each : pieces) {
      parts += each.parts();
    }
    return parts;
  }

  @Override
  public List<Admitted> run(List<Turn<Admitted, ScoreAnswer>> turns) {
    long start = System.nanoTime();
    List<Leased> leased = new ArrayList<>(turns.size());
    try {
      for (Turn<Admitted, ScoreAnswer> turn : turns) {
        lease(turn, leased);
      }
      // Last look before the expensive part.
      List<Leased> waited = leased.stream().filter(BatchScoring::stillWaited).toList();
      long itemsNanos = System.nanoTime() - start;
      waited.forEach(each -> each.call().times().add(Stage.ITEMS, itemsNanos));
      return waited.isEmpty() ? List.of() : score(waited, itemsNanos);
    } finally {
      leased.forEach(each -> each.lease().close());
    }
  }

  private static void lease(Turn<Admitted, ScoreAnswer> turn, List<Leased> leased) {
    Admitted request = turn.piece();
    try {
      turn.call().check();
      leased.add(
          new Leased(
              turn,
              request
                  .model()
                  .states()
                  .lease(
                      request.encoded().candidates(), request.encoded().history(), turn.call())));
    } catch (Throwable e) {
      FatalErrors.endIfFatal(e);
      turn.fail(e);
    }
  }

  private static boolean stillWaited(Leased each) {
    try {
      each.call().check();
      return true;
    } catch (RequestException e) {
      each.turn().fail(e);
      return false;
    }
  }

  private static List<Admitted> score(List<Leased> leased, long itemsNanos) {
    try {
      scoreAtOnce(leased, itemsNanos);
      return leased.stream().map(each -> each.turn().piece()).toList();
    } catch (Throwable e) {
      FatalErrors.endIfFatal(e);
      if (leased.size() == 1) {
        leased.getFirst().turn().fail(e);
      } else {
        leased.forEach(each -> scoreAlone(each, itemsNanos));
      }
      return List.of();
    }
  }

  private static void scoreAlone(Leased leased, long itemsNanos) {
    try {
      leased.call().check();
      scoreAtOnce(List.of(leased), itemsNanos);
    } catch (Throwable e) {
      FatalErrors.endIfFatal(e);
      leased.turn().fail(e);
    }
  }

  /// Throws what the engine throws; what is wrong with one answer ends its turn.
  private static void scoreAtOnce(List<Leased> leased, long itemsNanos) {
    long start = System.nanoTime();
    Admitted first = leased.getFirst().turn().piece();
    ModelEngine engine = first.model().engine();
    float[][] pctr;
    try {
      pctr = engine.score(new ScoreBatch(leased.stream().map(Leased::input).toList()));
      if (pctr.length != leased.size()) {
        throw new RequestException(
            ErrorCode.INTERNAL,
            first.model() + " answered " + pctr.length + " of " + leased.size() + " requests");
      }
    } finally {
      long nanos = System.nanoTime() - start;
      leased.forEach(each -> each.call().times().add(Stage.COMPUTE, nanos));
    }
    long modelNanos = System.nanoTime() - start;
    first.answers().counted().scoredTogether(leased.size(), rows(leased));
    for (int i = 0; i < leased.size(); i++) {
      answer(leased.get(i), pctr[i], itemsNanos, modelNanos);
    }
  }

  private static int rows(List<Leased> leased) {
    int rows = 0;
    for (Leased each : leased) {
      rows += each.turn().piece().rows();
    }
    return rows;
  }

  private static void answer(Leased leased, float[] pctr, long itemsNanos, long modelNanos) {
    Turn<Admitted, ScoreAnswer> turn = leased.turn();
    Admitted request = turn.piece();
    try {
      // Nobody would see the answer.
      turn.call().check();
      turn.succeed(
          request
              .answers()
              .scores(
                  pctr,
                  leased.lease(),
                  request.shortened(),
                  new Answers.Spent(turn.queuedNanos(), itemsNanos, modelNanos)));
    } catch (RequestException e) {
      turn.fail(e);
    }
  }
}
