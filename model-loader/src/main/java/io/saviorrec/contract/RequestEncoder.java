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
import org.jspecify.annotations.Nullable;

/// Turns scoring requests into what a model takes, in the trainer as in the server.
///
/// The history is cut to the most recent clicks that the model looks at; profile and context become
/// rows of their tables.
public final class RequestEncoder {
  /// The largest number of a taste profile, far beyond any that clicks lead to.
  private static final float MOST_TASTE = 1e6f;

  private static final String TASTE = "user.taste";

  private final FeatureEncoder profile;
  private final FeatureEncoder context;
  private final HintRules hints;
  private final int historyLength;
  private final int tasteWidth;

  /// @param levels codes L of a semantic ID
  /// @param codebookSize codes K of a level
  public RequestEncoder(FeatureSchema features, int historyLength, int levels, int codebookSize) {
    this(features, historyLength, levels, codebookSize, 0);
  }

  /// @param levels codes L of a semantic ID
  /// @param codebookSize codes K of a level
  /// @param tasteWidth numbers of a user's taste profile; 0: the model takes none
  public RequestEncoder(
      FeatureSchema features, int historyLength, int levels, int codebookSize, int tasteWidth) {
    this.profile = new FeatureEncoder(features.profile());
    this.context = new FeatureEncoder(features.context());
    this.hints = HintRules.of(features, levels, codebookSize);
    this.historyLength = historyLength;
    this.tasteWidth = tasteWidth;
  }

  /// The encoder of a model's requests.
  public static RequestEncoder of(Manifest manifest) {
    Manifest.Dims dims = manifest.dims();
    return new RequestEncoder(
        manifest.features(),
        dims.historyLength(),
        dims.levels(),
        dims.codebookSize(),
        manifest.tasteWidth());
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
    float[] taste = taste(request.taste(), unused);
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
        notes,
        taste);
  }

  /// The request's own taste profile; null: it has none, or the model takes none.
  private float @Nullable [] taste(float[] sent, List<String> unused) {
    if (sent.length == 0) {
      return null;
    }
    if (tasteWidth == 0) {
      unused.add(TASTE);
      return null;
    }
    if (sent.length != tasteWidth) {
      throw new FeatureException(
          "%s has %d numbers; the model takes %d, or none for the bundle's"
              .formatted(TASTE, sent.length, tasteWidth));
    }
    for (int i = 0; i < sent.length; i++) {
      // Written so that NaN fails too.
      if (!(Math.abs(sent[i]) <= MOST_TASTE)) {
        throw new FeatureException(
            "%s[%d] must be in [-%.0f, %3$.0f], was %s".formatted(TASTE, i, MOST_TASTE, sent[i]));
      }
    }
    return sent;
  }

  /// The columns that the model has, for people.
  public String columns() {
    return "the profile %s, the context %s and the candidate_stats %s"
            .formatted(profile, context, hints.statNames())
        + (tasteWidth == 0 ? "" : ", and " + TASTE);
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
