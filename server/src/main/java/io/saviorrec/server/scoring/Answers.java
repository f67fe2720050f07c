package io.saviorrec.server.scoring;

import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.Degradation;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.Timings;
import io.saviorrec.server.metrics.ModelMetrics;
import io.saviorrec.server.registry.LiveModel;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.states.ItemLease;
import java.util.concurrent.TimeUnit;

/// The answers that one request can get. Making one counts what it says of the request.
///
/// @param counted where the request counts
/// @param bucket that picked the model; empty for none
/// @param startNanos when the request came to the scorer
record Answers(
    ScoreRequest request, LiveModel model, ModelMetrics counted, String bucket, long startNanos) {
  private static final int MAX_SOURCE = ScoreSource.PCTR_BASE.getNumber();

  /// Where the time of a scored request went.
  record Spent(long queuedNanos, long itemsNanos, long modelNanos) {}

  /// Whether every candidate has a base score.
  boolean haveBaseScores() {
    for (int i = 0; i < request.getCandidatesCount(); i++) {
      if (!request.getCandidates(i).hasPctrBase()) {
        return false;
      }
    }
    return true;
  }

  /// The request's own base scores.
  ScoreResponse baseScores() {
    counted.degraded(Degradation.BASE_SCORE);
    counted.source(ScoreSource.PCTR_BASE, request.getCandidatesCount());
    ScoreResponse.Builder response = begin().addDegraded(Degradation.BASE_SCORE);
    for (int i = 0; i < request.getCandidatesCount(); i++) {
      Candidate candidate = request.getCandidates(i);
      response.addScores(
          Score.newBuilder()
              .setItemId(candidate.getItemId())
              .setPctr((float) candidate.getPctrBase())
              .setSource(ScoreSource.PCTR_BASE));
    }
    return response.setTimings(Timings.newBuilder().setTotalUs(totalMicros())).build();
  }

  /// The model's scores.
  ///
  /// @param shortHistory whether clicks were left out for overload
  /// @throws RequestException INTERNAL when they are no probabilities of the candidates: a model
  ///   that answers nonsense must not look like one that answers
  ScoreResponse scores(float[] pctr, ItemLease lease, boolean shortHistory, Spent spent) {
    check(pctr);
    counted.scored(pctr.length);
    int[] sources = new int[MAX_SOURCE + 1];
    ScoreResponse.Builder response =
        begin()
            .setUnknownHistoryItems(lease.unknownHistoryItems())
            .setTimings(
                Timings.newBuilder()
                    .setQueueUs(micros(spent.queuedNanos()))
                    .setItemsUs(micros(spent.itemsNanos()))
                    .setModelUs(micros(spent.modelNanos()))
                    .setTotalUs(totalMicros()));
    if (shortHistory) {
      response.addDegraded(Degradation.SHORT_HISTORY);
      counted.degraded(Degradation.SHORT_HISTORY);
    }
    for (int i = 0; i < pctr.length; i++) {
      ScoreSource source = lease.candidateSource(i);
      sources[source.getNumber()]++;
      response.addScores(
          Score.newBuilder()
              .setItemId(request.getCandidates(i).getItemId())
              .setPctr(pctr[i])
              .setSource(source));
    }
    for (int number = 0; number <= MAX_SOURCE; number++) {
      if (sources[number] > 0) {
        counted.source(ScoreSource.forNumber(number), sources[number]);
      }
    }
    counted.unknownHistoryItems(lease.unknownHistoryItems());
    return response.build();
  }

  private void check(float[] pctr) {
    if (pctr.length != request.getCandidatesCount()) {
      throw new RequestException(
          ErrorCode.INTERNAL,
          model
              + " gave "
              + pctr.length
              + " scores for "
              + request.getCandidatesCount()
              + " candidates");
    }
    for (int i = 0; i < pctr.length; i++) {
      // Written so that NaN fails too.
      if (!(pctr[i] >= 0 && pctr[i] <= 1)) {
        throw new RequestException(
            ErrorCode.INTERNAL,
            model
                + " gave item "
                + request.getCandidates(i).getItemId()
                + " the score "
                + pctr[i]);
      }
    }
  }

  /// An answer that names the model, without scores.
  private ScoreResponse.Builder begin() {
    return ScoreResponse.newBuilder()
        .setRequestId(request.getRequestId())
        .setModel(model.model())
        .setVersion(model.version())
        .setVariant(model.variant())
        .setBucket(bucket);
  }

  private long totalMicros() {
    return micros(System.nanoTime() - startNanos);
  }

  private static long micros(long nanos) {
    return TimeUnit.NANOSECONDS.toMicros(nanos);
  }
}
