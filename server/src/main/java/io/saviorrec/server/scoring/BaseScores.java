package io.saviorrec.server.scoring;

import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.Degradation;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoreSource;

/// Answers that give a request its own base scores back.
final class BaseScores {
  private BaseScores() {}

  /// Whether every candidate has one.
  static boolean complete(ScoreRequest request) {
    for (int i = 0; i < request.getCandidatesCount(); i++) {
      if (!request.getCandidates(i).hasPctrBase()) {
        return false;
      }
    }
    return true;
  }

  static ScoreResponse.Builder fill(ScoreResponse.Builder response, ScoreRequest request) {
    for (int i = 0; i < request.getCandidatesCount(); i++) {
      Candidate candidate = request.getCandidates(i);
      response.addScores(
          Score.newBuilder()
              .setItemId(candidate.getItemId())
              .setPctr((float) candidate.getPctrBase())
              .setSource(ScoreSource.PCTR_BASE));
    }
    return response.addDegraded(Degradation.BASE_SCORE);
  }
}
