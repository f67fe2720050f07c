package io.saviorrec.contract;

import com.google.protobuf.DiscardUnknownFieldsParser;
import com.google.protobuf.InvalidProtocolBufferException;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.Priority;
import io.saviorrec.proto.v1.ScoreRequest;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A scoring request as it was sent, its repeated numbers in arrays, whichever form they came in.
///
/// @param flags of the experiment platform, by name
/// @param priority the number of a `Priority`, which may be none that is known
/// @param history every click that was sent, oldest first
/// @param historyTimes when each was made, in milliseconds since 1970; empty when that was not said
/// @param taste the user's taste profile; empty when there is none
/// @param pctrBase the base model's click probability of each candidate; NaN where absent
/// @param packed whether the candidates came as `candidate_ids`, so that the answer is packed too
/// @param hints what else it says of its candidates; null: nothing
/// @param itemKeys the texts by which candidates came that did not come packed; null: none did, and
///   null in it, or beyond its end: by number
/// @param timeMillis when the page is shown, in milliseconds since 1970; 0: now
/// @param strict whether columns that the model does not have are an error
/// @param topK how many of the likeliest candidates are wanted; 0: all, in their order
/// @param fault what is wrong with it beyond one value; null when nothing is
/// @param message the bytes that all of it was read from
public record DecodedRequest(
    String requestId,
    String model,
    long version,
    String bucket,
    String label,
    Map<String, String> flags,
    int priority,
    boolean exact,
    long userId,
    Map<String, FeatureValue> profile,
    Map<String, FeatureValue> context,
    long[] history,
    long[] historyTimes,
    float[] taste,
    long[] candidates,
    float[] pctrBase,
    boolean packed,
    @Nullable SentHints hints,
    @Nullable String @Nullable [] itemKeys,
    long timeMillis,
    boolean strict,
    int topK,
    @Nullable String fault,
    byte[] message) {

  /// The same for nobody: after all others, never with less than the whole model, and in its order.
  public DecodedRequest inShadow() {
    return new DecodedRequest(
        requestId,
        model,
        version,
        bucket,
        label,
        flags,
        Priority.LOW_VALUE,
        true,
        userId,
        profile,
        context,
        history,
        historyTimes,
        taste,
        candidates,
        pctrBase,
        packed,
        hints,
        itemKeys,
        timeMillis,
        strict,
        0,
        fault,
        message);
  }

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
