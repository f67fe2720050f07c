package io.saviorrec.server.scoring;

import io.saviorrec.contract.DecodedRequest;
import io.saviorrec.contract.EncodedRequest;
import io.saviorrec.server.admission.ComputeEstimate;
import io.saviorrec.server.registry.LiveModel;

/// A request that may enter the queue: checked, and encoded for the model that answers it.
record Admitted(Answers answers, EncodedRequest encoded) {
  /// What looking at a user adds to a call of the engine, in candidates: about that.
  private static final int USER_PARTS = 16;

  DecodedRequest request() {
    return answers.request();
  }

  LiveModel model() {
    return answers.model();
  }

  Admitted with(EncodedRequest other) {
    return new Admitted(answers, other);
  }

  int rows() {
    return encoded.candidates().length;
  }

  /// Items whose states it names.
  int items() {
    return model().states().itemsNamed(encoded);
  }

  /// What it adds to a call of the engine.
  int parts() {
    return rows() + USER_PARTS;
  }

  /// Whether the history was shortened.
  boolean shortened() {
    int clicks = request().history().length;
    return encoded.history().length < Math.min(clicks, model().manifest().dims().historyLength());
  }

  /// What scoring takes of the requests that it is scored with.
  ComputeEstimate time() {
    return shortened() ? model().shortScoringTime() : model().scoringTime();
  }
}
