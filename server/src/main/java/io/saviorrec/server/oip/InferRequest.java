package io.saviorrec.server.oip;

import com.google.protobuf.ByteString;
import io.saviorrec.proto.oip.ModelInferRequest;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.StatColumn;
import io.saviorrec.proto.v1.User;
import io.saviorrec.server.request.ErrorText;
import io.saviorrec.server.request.RequestException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;

/// A request of the protocol as a scoring request, and the form that its answer takes.
///
/// @param raw whether the answer's elements are bytes, as the request's are
/// @param rowed whether the answer's tensors have a leading 1, as the candidates have
/// @param outputs names of those asked for, in the order to answer them
public record InferRequest(ScoreRequest score, boolean raw, boolean rowed, List<String> outputs) {
  /// More than the levels of any model.
  public static final int MOST_CODES = 16;

  /// More than the numbers of any model's taste profiles.
  public static final int MOST_TASTE = 4096;

  static final String CANDIDATES = "candidate_ids";
  static final String USER = "user_id";
  static final String HISTORY = "history";
  static final String HISTORY_TIMES = "history_times_ms";
  static final String TASTE = "user_taste";
  static final String BASES = "pctr_base";
  static final String CATEGORIES = "candidate_categories";
  static final String CODES = "candidate_codes";
  static final String STATS = "candidate_stats.";
  static final String PROFILE = "profile.";
  static final String CONTEXT = "context.";

  private static final String IDS = "INT64 or BYTES of shape [n] or [1,n]";
  private static final String COLUMN = "BYTES, FP32, FP64 or INT64 of shape [1] or [1,1]";
  private static final int LONGEST_VERSION = 18;

  /// How much one request may bring, by the settings.
  public record Most(int candidates, int history) {}

  /// The scoring request that these tensors are.
  ///
  /// @throws RequestException INVALID_ARGUMENT when it is none, with the tensor that is wrong
  public static InferRequest of(ModelInferRequest request, Most most) {
    boolean raw = request.getRawInputContentsCount() > 0;
    if (raw && request.getRawInputContentsCount() != request.getInputsCount()) {
      throw RequestException.invalid(
          "raw_input_contents has %d entries for %d inputs"
              .formatted(request.getRawInputContentsCount(), request.getInputsCount()));
    }
    Reading reading = new Reading(most);
    for (int i = 0; i < request.getInputsCount(); i++) {
      ByteString bytes = raw ? request.getRawInputContents(i) : null;
      reading.put(new InputTensor(request.getInputs(i), bytes));
    }
    if (!reading.names.contains(CANDIDATES)) {
      throw RequestException.invalid("input candidate_ids is missing; expected " + IDS);
    }
    ScoreRequest.Builder score = reading.request;
    int bases = score.getCandidatePctrBaseCount();
    int candidates = score.getCandidateIdsCount() + score.getCandidateKeysCount();
    if (reading.names.contains(BASES) && bases != candidates) {
      throw RequestException.invalid(
          "input pctr_base has %d elements for %d of candidate_ids".formatted(bases, candidates));
    }
    if (reading.names.contains(CODES) && reading.codeRows != candidates) {
      throw RequestException.invalid(
          "input candidate_codes has %d rows for %d of candidate_ids"
              .formatted(reading.codeRows, candidates));
    }
    InferParameters.put(request.getParametersMap(), score);
    score
        .setRequestId(request.getId())
        .setModel(request.getModelName())
        .setVersion(version(request.getModelVersion()))
        .setUser(reading.user);
    return new InferRequest(
        score.build(), raw, reading.rowed, InferAnswer.outputs(request, score.getTopK() > 0));
  }

  /// The number of a version; 0: none is named.
  ///
  /// @throws RequestException INVALID_ARGUMENT when it is no number
  public static long version(String version) {
    if (version.isEmpty()) {
      return 0;
    }
    boolean digits = version.chars().allMatch(c -> c >= '0' && c <= '9');
    if (!digits || version.length() > LONGEST_VERSION) {
      throw RequestException.invalid(
          "the model's version is %s; expected a whole number, or nothing for the one that the server chooses"
              .formatted(ErrorText.quote(version)));
    }
    return Long.parseLong(version);
  }

  /// What the tensors so far have said.
  private static final class Reading {
    private final Most most;
    private final ScoreRequest.Builder request = ScoreRequest.newBuilder();
    private final User.Builder user = User.newBuilder();
    private final Set<String> names = new HashSet<>();
    private boolean rowed;
    private int codeRows;

    Reading(Most most) {
      this.most = most;
    }

    void put(InputTensor input) {
      if (!names.add(input.name())) {
        throw RequestException.invalid(
            "input %s is there twice".formatted(ErrorText.quote(input.name())));
      }
      switch (input.name()) {
        case CANDIDATES -> candidates(input);
        case USER -> user(input);
        case HISTORY -> history(input);
        case HISTORY_TIMES ->
            numbers(input, "INT64 of shape [n] or [1,n]", user::addHistoryTimesMs);
        case TASTE -> user.addAllTaste(floats(input, MOST_TASTE, "that of any model"));
        case BASES -> request.addAllCandidatePctrBase(floats(input));
        case CATEGORIES -> categories(input);
        case CODES -> codes(input);
        default -> column(input);
      }
    }

    private void candidates(InputTensor input) {
      int length = length(input, IDS, most.candidates, "scoring.maxCandidates");
      rowed = input.rowed();
      if (input.texts()) {
        request.addAllCandidateKeys(input.strings(length));
      } else {
        Arrays.stream(input.longs(length)).forEach(request::addCandidateIds);
      }
    }

    private void user(InputTensor input) {
      String expected = "INT64 or BYTES of shape [1] or [1,1]";
      requireOne(input, length(input, expected, Integer.MAX_VALUE, ""), expected);
      if (input.texts()) {
        user.setUserKey(input.strings(1).getFirst());
      } else {
        user.setUserId(input.longs(1)[0]);
      }
    }

    private void history(InputTensor input) {
      if (input.texts()) {
        int length = length(input, IDS, most.history, "limits.history");
        user.addAllHistoryKeys(input.strings(length));
      } else {
        numbers(input, IDS, user::addHistory);
      }
    }

    private void numbers(InputTensor input, String expected, LongConsumer target) {
      if (input.texts()) {
        throw input.unexpected(expected);
      }
      int length = length(input, expected, most.history, "limits.history");
      Arrays.stream(input.longs(length)).forEach(target);
    }

    /// One of each candidate.
    private List<Float> floats(InputTensor input) {
      return floats(input, most.candidates, "scoring.maxCandidates");
    }

    private static List<Float> floats(InputTensor input, int most, String key) {
      String expected = "FP32 of shape [n] or [1,n]";
      if (!input.tensor().getDatatype().equals(InputTensor.FP32)) {
        throw input.unexpected(expected);
      }
      int length = input.length(most, key, expected);
      List<Float> values = new ArrayList<>(length);
      for (float value : input.floats(length)) {
        values.add(value);
      }
      return values;
    }

    private void categories(InputTensor input) {
      String expected = "BYTES of shape [n] or [1,n]";
      if (!input.texts()) {
        throw input.unexpected(expected);
      }
      int length = input.length(most.candidates, "scoring.maxCandidates", expected);
      request.addAllCandidateCategories(input.strings(length));
    }

    private void codes(InputTensor input) {
      String expected = "INT64 of shape [n,levels] or [1,n,levels]";
      if (!input.tensor().getDatatype().equals(InputTensor.INT64)) {
        throw input.unexpected(expected);
      }
      InputTensor.Rows rows = input.rows(most.candidates, "scoring.maxCandidates", expected);
      codeRows = rows.count();
      for (long code : input.longs(rows.elements())) {
        request.addCandidateCodes(Math.clamp(code, Integer.MIN_VALUE, Integer.MAX_VALUE));
      }
    }

    private void column(InputTensor input) {
      String name = input.name();
      if (name.startsWith(PROFILE)) {
        user.putProfile(name.substring(PROFILE.length()), value(input));
      } else if (name.startsWith(CONTEXT)) {
        request.putContext(name.substring(CONTEXT.length()), value(input));
      } else if (name.startsWith(STATS)) {
        request.addCandidateStats(
            StatColumn.newBuilder()
                .setName(name.substring(STATS.length()))
                .addAllValues(floats(input)));
      } else {
        throw RequestException.invalid(
            "input %s is not known; there are candidate_ids, user_id, user_taste, history, history_times_ms, pctr_base, candidate_categories, candidate_codes, candidate_stats.NAME, profile.COLUMN and context.COLUMN"
                .formatted(ErrorText.quote(name)));
      }
    }

    private static FeatureValue value(InputTensor input) {
      requireOne(input, input.length(Integer.MAX_VALUE, "", COLUMN), COLUMN);
      FeatureValue.Builder value = FeatureValue.newBuilder();
      return switch (input.tensor().getDatatype()) {
        case InputTensor.BYTES -> value.setText(input.strings(1).getFirst()).build();
        case InputTensor.FP32 -> value.setNumber(input.floats(1)[0]).build();
        case InputTensor.FP64 -> value.setNumber(input.doubles(1)[0]).build();
        case InputTensor.INT64 -> value.setNumber((double) input.longs(1)[0]).build();
        default -> throw input.unexpected(COLUMN);
      };
    }

    private static int length(InputTensor input, String expected, int most, String key) {
      if (!input.texts() && !input.tensor().getDatatype().equals(InputTensor.INT64)) {
        throw input.unexpected(expected);
      }
      return input.length(most, key, expected);
    }

    private static void requireOne(InputTensor input, int length, String expected) {
      if (length != 1) {
        throw input.unexpected(expected);
      }
    }
  }
}
