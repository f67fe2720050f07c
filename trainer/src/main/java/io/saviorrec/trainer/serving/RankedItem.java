package io.saviorrec.trainer.serving;

import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoreSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/// A scored candidate at its place in the ranking.
///
/// @param rank from 1
/// @param pctr predicted click probability, in (0, 1)
/// @param pctrBase the base model's, null where the request had none
public record RankedItem(
    int rank,
    long itemId,
    String title,
    float pctr,
    @Nullable Double pctrBase,
    ScoreSource source) {

  /// The candidates by descending pCTR; equal ones keep the request's order.
  public static List<RankedItem> rank(
      ScoreRequest request, ScoreResponse response, LongFunction<String> titles) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < response.getScoresCount(); i++) {
      order.add(i);
    }
    order.sort(Comparator.comparingDouble(i -> -response.getScores(i).getPctr()));
    List<RankedItem> ranking = new ArrayList<>();
    for (int i : order) {
      Score score = response.getScores(i);
      Candidate candidate = request.getCandidates(i);
      ranking.add(
          new RankedItem(
              ranking.size() + 1,
              score.getItemId(),
              titles.apply(score.getItemId()),
              score.getPctr(),
              candidate.hasPctrBase() ? candidate.getPctrBase() : null,
              score.getSource()));
    }
    return ranking;
  }
}
