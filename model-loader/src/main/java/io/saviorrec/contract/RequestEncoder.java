package io.saviorrec.contract;

import io.saviorrec.bundle.Manifest;
import io.saviorrec.feature.FeatureEncoder;
import io.saviorrec.feature.FeatureException;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.ScoreRequest;
import java.util.Arrays;
import java.util.Map;

/// Turns scoring requests into what a model takes, in the trainer as in the server.
///
/// The history is cut to the most recent clicks that the model looks at; profile and context become
/// rows of their tables.
public final class RequestEncoder {
  private final FeatureEncoder profile;
  private final FeatureEncoder context;
  private final HintRules hints;
  private final int historyLength;

  /// @param levels codes L of a semantic ID
  /// @param codebookSize codes K of a level
  public RequestEncoder(FeatureSchema features, int historyLength, int levels, int codebookSize) {
    this.profile = new FeatureEncoder(features.profile());
    this.context = new FeatureEncoder(features.context());
    this.hints = HintRules.of(features, levels, codebookSize);
    this.historyLength = historyLength;
  }

  /// The encoder of a model's requests.
  public static RequestEncoder of(Manifest manifest) {
    Manifest.Dims dims = manifest.dims();
    return new RequestEncoder(
        manifest.features(), dims.historyLength(), dims.levels(), dims.codebookSize());
  }

  /// The request as arrays.
  ///
  /// @throws FeatureException naming the field and the value that it cannot hold
  public EncodedRequest encode(DecodedRequest request) {
    if (request.fault() != null) {
      throw new FeatureException(request.fault());
    }
    int clicks = request.history().length;
    return new EncodedRequest(
        request.userId(),
        encode("user.profile", profile, request.profile()),
        encode("context", context, request.context()),
        clicks <= historyLength
            ? request.history()
            : Arrays.copyOfRange(request.history(), clicks - historyLength, clicks),
        request.candidates(),
        request.pctrBase(),
        request.hints() == null
            ? null
            : request.hints().encode(hints, request.candidates().length));
  }

  /// The same of a request that is an object still; it goes the way of those that come by the wire.
  public EncodedRequest encode(ScoreRequest request) {
    return encode(RequestDecoder.decode(request));
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
