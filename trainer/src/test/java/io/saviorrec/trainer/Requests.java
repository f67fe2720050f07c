package io.saviorrec.trainer;

import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;

/// Scoring requests for nobody in particular.
final class Requests {
  private Requests() {}

  /// These items as candidates of a user without a history.
  static ScoreRequest of(String model, long... items) {
    ScoreRequest.Builder request = ScoreRequest.newBuilder().setModel(model);
    for (long item : items) {
      request.addCandidates(Candidate.newBuilder().setItemId(item));
    }
    return request.build();
  }
}
