package io.saviorrec.contract;

import com.google.protobuf.DiscardUnknownFieldsParser;
import com.google.protobuf.InvalidProtocolBufferException;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.ScoreRequest;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A scoring request as it was sent, its repeated numbers in arrays, whichever form they came in.
///
/// @param priority the number of a `Priority`, which may be none that is known
/// @param history every click that was sent, oldest first
/// @param pctrBase the base model's click probability of each candidate; NaN where absent
/// @param packed whether the candidates came as `candidate_ids`, so that the answer is packed too
/// @param hints what else it says of its candidates; null: nothing
/// @param fault what is wrong with the candidates; null when nothing is
/// @param message the bytes that all of it was read from
public record DecodedRequest(
    String requestId,
    String model,
    long version,
    String bucket,
    int priority,
    boolean exact,
    long userId,
    Map<String, FeatureValue> profile,
    Map<String, FeatureValue> context,
    long[] history,
    long[] candidates,
    float[] pctrBase,
    boolean packed,
    @Nullable SentHints hints,
    @Nullable String fault,
    byte[] message) {

  /// The same as an object, without fields that nobody knows.
  public ScoreRequest toMessage() {
    try {
      return DiscardUnknownFieldsParser.wrap(ScoreRequest.parser()).parseFrom(message);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a request that was decoded cannot be parsed", e);
    }
  }

  /// Whether every candidate has a base score.
  public boolean hasAllBaseScores() {
    for (float base : pctrBase) {
      if (Float.isNaN(base)) {
        return false;
      }
    }
    return true;
  }
}
