package io.saviorrec.server.scoring;

import io.saviorrec.contract.EncodedRequest;
import io.saviorrec.contract.ScoreBatch;
import io.saviorrec.server.admission.ComputeEstimate;
import io.saviorrec.server.batching.Together;
import io.saviorrec.server.batching.Turn;
import io.saviorrec.server.registry.LiveModel;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.FatalErrors;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.request.Stage;
import io.saviorrec.server.states.ModelStates;
import io.saviorrec.server.states.RequestStates;
import io.saviorrec.server.states.StatesLease;
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

  /// A request and where the states lie that it needs.
  private record Scored(Turn<Admitted, ScoreAnswer> turn, RequestStates states) {
    ScoreBatch.Request input() {
      return states.withPctrBase(turn.piece().encoded().pctrBase());
    }
  }

  /// How many requests like this one go together.
  int companions(Admitted request) {
    int most = Math.min(mostRows / request.rows(), mostItems / request.items());
    return Math.clamp(most, 1, ModelStates.MOST_REQUESTS);
  }

  @Override
  public boolean fits(List<Admitted> chosen, Admitted next) {
    int rows = next.rows();
    int items = next.items();
    for (Admitted each : chosen) {
      rows += each.rows();
      items += each.items();
    }
    return rows <= mostRows && items <= mostItems && chosen.size() < ModelStates.MOST_REQUESTS;
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
    List<Turn<Admitted, ScoreAnswer>> waited = stillWaited(turns);
    if (waited.isEmpty()) {
      return List.of();
    }
    try {
      return score(waited);
    } catch (Throwable e) {
      FatalErrors.endIfFatal(e);
      if (waited.size() == 1) {
        waited.getFirst().fail(e);
      } else {
        waited.forEach(BatchScoring::scoreAlone);
      }
      return List.of();
    }
  }

  private static void scoreAlone(Turn<Admitted, ScoreAnswer> turn) {
    try {
      turn.call().check();
      score(List.of(turn));
    } catch (Throwable e) {
      FatalErrors.endIfFatal(e);
      turn.fail(e);
    }
  }

  private static List<Turn<Admitted, ScoreAnswer>> stillWaited(
      List<Turn<Admitted, ScoreAnswer>> turns) {
    List<Turn<Admitted, ScoreAnswer>> waited = new ArrayList<>(turns.size());
    for (Turn<Admitted, ScoreAnswer> turn : turns) {
      try {
        turn.call().check();
        waited.add(turn);
      } catch (RequestException e) {
        turn.fail(e);
      }
    }
    return waited;
  }

  /// Throws what fails for all of them; what is wrong with one answer ends its turn.
  private static List<Admitted> score(List<Turn<Admitted, ScoreAnswer>> turns) {
    long start = System.nanoTime();
    LiveModel model = turns.getFirst().piece().model();
    List<EncodedRequest> requests = turns.stream().map(turn -> turn.piece().encoded()).toList();
    try (StatesLease lease = model.states().lease(requests, longest(turns))) {
      long itemsNanos = System.nanoTime() - start;
      List<Scored> scored = new ArrayList<>(turns.size());
      for (int g = 0; g < turns.size(); g++) {
        turns.get(g).call().times().add(Stage.ITEMS, itemsNanos);
        scored.add(new Scored(turns.get(g), lease.requests().get(g)));
      }
      // Last look before the expensive part.
      scored.removeIf(each -> stillWaited(List.of(each.turn)).isEmpty());
      if (!scored.isEmpty()) {
        scoreAtOnce(model, scored, itemsNanos);
      }
      return scored.stream().map(each -> each.turn.piece()).toList();
    }
  }

  /// The call that is waited for longest: the others' ends are looked at afterwards.
  private static Call longest(List<Turn<Admitted, ScoreAnswer>> turns) {
    Call longest = turns.getFirst().call();
    for (Turn<Admitted, ScoreAnswer> turn : turns) {
      if (turn.call().remainingNanos() > longest.remainingNanos()) {
        longest = turn.call();
      }
    }
    return longest;
  }

  private static void scoreAtOnce(LiveModel model, List<Scored> scored, long itemsNanos) {
    long start = System.nanoTime();
    float[][] pctr;
    try {
      pctr = model.engine().score(new ScoreBatch(scored.stream().map(Scored::input).toList()));
      if (pctr.length != scored.size()) {
        throw new RequestException(
            ErrorCode.INTERNAL,
            model + " answered " + pctr.length + " of " + scored.size() + " requests");
      }
    } finally {
      long nanos = System.nanoTime() - start;
      scored.forEach(each -> each.turn.call().times().add(Stage.COMPUTE, nanos));
    }
    long modelNanos = System.nanoTime() - start;
    scored.getFirst().turn.piece().answers().counted().scoredTogether(scored.size(), rows(scored));
    for (int i = 0; i < scored.size(); i++) {
      answer(scored.get(i), pctr[i], itemsNanos, modelNanos);
    }
  }

  private static int rows(List<Scored> scored) {
    int rows = 0;
    for (Scored each : scored) {
      rows += each.turn.piece().rows();
    }
    return rows;
  }

  private static void answer(Scored scored, float[] pctr, long itemsNanos, long modelNanos) {
    Turn<Admitted, ScoreAnswer> turn = scored.turn;
    Admitted request = turn.piece();
    try {
      // Nobody would see the answer.
      turn.call().check();
      turn.succeed(
          request
              .answers()
              .scores(
                  pctr,
                  scored.states,
                  request.shortened(),
                  new Answers.Spent(turn.queuedNanos(), itemsNanos, modelNanos)));
    } catch (RequestException e) {
      turn.fail(e);
    }
  }
}
