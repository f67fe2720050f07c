package io.saviorrec.contract;

import io.saviorrec.bundle.Manifest;
import io.saviorrec.feature.FeatureEncoder;
import io.saviorrec.feature.FeatureException;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.ScoreRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
  /// Columns that the model does not have, and values of the wrong kind, are noted.
  ///
  /// @throws FeatureException naming the field and the value that it cannot hold
  public EncodedRequest encode(DecodedRequest request) {
    if (request.fault() != null) {
      throw new FeatureException(request.fault());
    }
    List<String> unused = new ArrayList<>();
    long[] profileRows = encode("user.profile", profile, request.profile(), unused);
    long[] contextRows = encode("context", context, request.context(), unused);
    SentHints sent = request.hints();
    CandidateHints said =
        sent == null ? null : sent.encode(hints, request.candidates().length, unused);
    long[] past = past(request);
    int future = request.history().length - past.length;
    RequestNotes notes =
        future == 0 && unused.isEmpty() ? RequestNotes.NONE : new RequestNotes(future, unused);
    return new EncodedRequest(
        request.userId(),
        profileRows,
        contextRows,
        past.length <= historyLength
            ? past
            : Arrays.copyOfRange(past, past.length - historyLength, past.length),
        request.candidates(),
        request.pctrBase(),
        said,
        notes);
  }

  /// The columns that the model has, for people.
  public String columns() {
    return "the profile %s, the context %s and the candidate_stats %s"
        .formatted(profile, context, hints.statNames());
  }

  /// The clicks that are before the page, as far as it is known when they were made.
  private static long[] past(DecodedRequest request) {
    long[] times = request.historyTimes();
    if (times.length == 0) {
      return request.history();
    }
    long page = request.timeMillis() == 0 ? System.currentTimeMillis() : request.timeMillis();
    int kept = 0;
    long[] past = new long[times.length];
    for (int i = 0; i < times.length; i++) {
      if (times[i] < page) {
        past[kept++] = request.history()[i];
      }
    }
    return kept == past.length ? past : Arrays.copyOf(past, kept);
  }

  /// The same of a request that is an object still; it goes the way of those that come by the wire.
  public EncodedRequest encode(ScoreRequest request) {
    return encode(RequestDecoder.decode(request));
  }

  private static long[] encode(
      String field, FeatureEncoder encoder, Map<String, FeatureValue> values, List<String> unused) {
    try {
      return encoder.encode(values, unused);
    } catch (FeatureException e) {
      throw new FeatureException(field + ": " + e.getMessage());
    }
  }
}
