package io.saviorrec.server.scoring;

import io.saviorrec.contract.DecodedRequest;
import io.saviorrec.contract.RequestNotes;
import io.saviorrec.proto.v1.Degradation;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.server.metrics.ModelMetrics;
import io.saviorrec.server.registry.LiveModel;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.routing.Route;
import io.saviorrec.server.states.RequestStates;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/// The answers that one request can get. Making one counts what it says of the request.
///
/// @param notes what of the request is not used
/// @param counted where the request counts
/// @param route how the model was chosen
/// @param startNanos when the request came to the scorer
record Answers(
    DecodedRequest request,
    RequestNotes notes,
    LiveModel model,
    ModelMetrics counted,
    Route route,
    long startNanos) {
  private static final int MAX_SOURCE = ScoreSource.SHARED_CATEGORY.getNumber();

  /// Where the time of a scored request went.
  record Spent(long queuedNanos, long itemsNanos, long modelNanos) {}

  /// The request's own base scores.
  ScoreAnswer baseScores() {
    int count = request.candidates().length;
    counted.degraded(Degradation.BASE_SCORE);
    counted.source(ScoreSource.PCTR_BASE, count);
    byte[] sources = new byte[count];
    Arrays.fill(sources, (byte) ScoreSource.PCTR_BASE.getNumber());
    return answer(
        request.pctrBase(),
        sources,
        0,
        new ScoreAnswer.Micros(0, 0, 0, totalMicros()),
        Degradation.BASE_SCORE);
  }

  /// The model's scores.
  ///
  /// @param shortHistory whether clicks were left out for overload
  /// @throws RequestException INTERNAL when they are no probabilities of the candidates: a model
  ///   that answers nonsense must not look like one that answers
  ScoreAnswer scores(float[] pctr, RequestStates states, boolean shortHistory, Spent spent) {
    check(pctr);
    counted.scored(pctr, request.pctrBase());
    if (shortHistory) {
      counted.degraded(Degradation.SHORT_HISTORY);
    }
    int unknownHistoryItems = states.unknownHistoryItems();
    counted.unknownHistoryItems(unknownHistoryItems);
    return answer(
        pctr,
        sources(states, pctr.length),
        unknownHistoryItems,
        new ScoreAnswer.Micros(
            micros(spent.queuedNanos()),
            micros(spent.itemsNanos()),
            micros(spent.modelNanos()),
            totalMicros()),
        shortHistory ? Degradation.SHORT_HISTORY : Degradation.DEGRADATION_UNSPECIFIED);
  }

  private byte[] sources(RequestStates states, int count) {
    int[] ofEach = new int[MAX_SOURCE + 1];
    byte[] sources = new byte[count];
    for (int i = 0; i < count; i++) {
      int number = states.candidateSource(i).getNumber();
      sources[i] = (byte) number;
      ofEach[number]++;
    }
    for (int number = 0; number <= MAX_SOURCE; number++) {
      if (ofEach[number] > 0) {
        counted.source(ScoreSource.forNumber(number), ofEach[number]);
      }
    }
    return sources;
  }

  private void check(float[] pctr) {
    if (pctr.length != request.candidates().length) {
      throw new RequestException(
          ErrorCode.INTERNAL,
          model
              + " gave "
              + pctr.length
              + " scores for "
              + request.candidates().length
              + " candidates");
    }
    for (int i = 0; i < pctr.length; i++) {
      // Written so that NaN fails too.
      if (!(pctr[i] >= 0 && pctr[i] <= 1)) {
        throw new RequestException(
            ErrorCode.INTERNAL,
            model + " gave item " + request.candidates()[i] + " the score " + pctr[i]);
      }
    }
  }

  private ScoreAnswer answer(
      float[] pctr,
      byte[] sources,
      int unknownHistoryItems,
      ScoreAnswer.Micros times,
      Degradation degraded) {
    ScoreAnswer all =
        new ScoreAnswer(
            request.requestId(),
            model.model(),
            model.version(),
            model.variant(),
            route.bucket(),
            route.label(),
            null,
            request.packed(),
            request.candidates(),
            request.itemKeys(),
            pctr,
            sources,
            unknownHistoryItems,
            times,
            degraded,
            notes);
    return request.topK() == 0 ? all : Top.of(all, request.topK());
  }

  private long totalMicros() {
    return micros(System.nanoTime() - startNanos);
  }

  private static long micros(long nanos) {
    return TimeUnit.NANOSECONDS.toMicros(nanos);
  }
}
