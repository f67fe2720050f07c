package io.saviorrec.contract;

import io.saviorrec.bundle.Manifest;
import io.saviorrec.feature.FeatureEncoder;
import io.saviorrec.feature.FeatureException;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.ScoreRequest;
import java.util.Map;

/// Turns scoring requests into arrays, in the trainer as in the server.
///
/// The history is cut to the most recent clicks that the model looks at, an absent `pctr_base`
/// becomes NaN, profile and context become rows of their tables.
public final class RequestEncoder {
  private final FeatureEncoder profile;
  private final FeatureEncoder context;
  private final int historyLength;

  public RequestEncoder(FeatureSchema features, int historyLength) {
    this.profile = new FeatureEncoder(features.profile());
    this.context = new FeatureEncoder(features.context());
    this.historyLength = historyLength;
  }

  /// The encoder of a model's requests.
  public static RequestEncoder of(Manifest manifest) {
    return new RequestEncoder(manifest.features(), manifest.dims().historyLength());
  }

  /// The request as arrays.
  ///
  /// @throws FeatureException naming the field, the column and the value that it cannot hold
  public EncodedRequest encode(ScoreRequest request) {
    int candidateCount = request.getCandidatesCount();
    long[] candidates = new long[candidateCount];
    float[] pctrBase = new float[candidateCount];
    for (int i = 0; i < candidateCount; i++) {
      Candidate candidate = request.getCandidates(i);
      candidates[i] = candidate.getItemId();
      pctrBase[i] = candidate.hasPctrBase() ? (float) candidate.getPctrBase() : Float.NaN;
    }
    int clicks = request.getUser().getHistoryCount();
    long[] history = new long[Math.min(clicks, historyLength)];
    for (int i = 0; i < history.length; i++) {
      history[i] = request.getUser().getHistory(clicks - history.length + i);
    }
    return new EncodedRequest(
        request.getUser().getUserId(),
        encode("user.profile", profile, request.getUser().getProfileMap()),
        encode("context", context, request.getContextMap()),
        history,
        candidates,
        pctrBase);
  }

  private static long[] encode(
      String field, FeatureEncoder encoder, Map<String, FeatureValue> values) {
    try {
      return encoder.encode(values);
    } catch (FeatureException e) {
      throw new FeatureException(field + ": " + e.getMessage());
    }
  }
}
