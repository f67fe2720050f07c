package io.saviorrec.loadtest.requests;

import io.saviorrec.client.PackedForm;
import io.saviorrec.proto.oip.ModelMetadataResponse.TensorMetadata;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.StatColumn;
import io.saviorrec.proto.v1.User;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One value of a scoring request as a tensor of the Open Inference Protocol: whole numbers,
/// numbers, or texts.
///
/// @param name by which [InferWire] knows it
/// @param values all `Long`, all `Double` or all `String`
/// @param keepsLast whether its end matters more than its begin, as with a history
record RequestTensor(String name, List<?> values, boolean keepsLast) {
  static final String NAMES =
      "candidate_ids, user_id, history, history_times_ms, pctr_base, candidate_categories,"
          + " candidate_codes, candidate_stats.NAME, profile.COLUMN and context.COLUMN";
  static final String CODES = "candidate_codes";

  private static final String PROFILE = "profile.";
  private static final String CONTEXT = "context.";
  private static final String CATEGORIES = "candidate_categories";
  private static final String STATS = "candidate_stats.";
  private static final Set<String> PLAIN =
      Set.of("candidate_ids", "user_id", "history", "history_times_ms", "pctr_base");

  static boolean isKnown(String name) {
    return PLAIN.contains(name)
        || isHint(name)
        || name.startsWith(PROFILE)
        || name.startsWith(CONTEXT);
  }

  /// Whether it is what callers may say of candidates, which no model needs.
  static boolean isHint(String name) {
    return name.equals(CATEGORIES) || name.equals(CODES) || name.startsWith(STATS);
  }

  /// @param name one that [#isKnown]
  static RequestTensor of(ScoreRequest request, String name) {
    User user = request.getUser();
    return switch (name) {
      case "candidate_ids" -> new RequestTensor(name, candidates(request), false);
      case "user_id" ->
          new RequestTensor(
              name,
              List.of(user.getUserKey().isEmpty() ? (Object) user.getUserId() : user.getUserKey()),
              false);
      case "history" ->
          new RequestTensor(
              name,
              user.getHistoryKeysCount() > 0 ? user.getHistoryKeysList() : user.getHistoryList(),
              true);
      case "history_times_ms" -> new RequestTensor(name, user.getHistoryTimesMsList(), true);
      case "pctr_base" -> new RequestTensor(name, bases(request), false);
      case String hint when isHint(hint) ->
          new RequestTensor(name, hints(PackedForm.pack(request), name), false);
      default ->
          new RequestTensor(
              name,
              name.startsWith(PROFILE)
                  ? column(user.getProfileMap().get(name.substring(PROFILE.length())))
                  : column(request.getContextMap().get(name.substring(CONTEXT.length()))),
              false);
    };
  }

  private static List<?> candidates(ScoreRequest request) {
    if (request.getCandidateIdsCount() > 0) {
      return request.getCandidateIdsList();
    }
    if (request.getCandidateKeysCount() > 0) {
      return request.getCandidateKeysList();
    }
    boolean named =
        request.getCandidatesList().stream().anyMatch(each -> !each.getItemKey().isEmpty());
    Function<Candidate, Object> id = named ? Candidate::getItemKey : Candidate::getItemId;
    return request.getCandidatesList().stream().map(id).toList();
  }

  private static List<?> hints(ScoreRequest packed, String name) {
    return switch (name) {
      case CATEGORIES -> packed.getCandidateCategoriesList();
      case CODES -> packed.getCandidateCodesList();
      default ->
          packed.getCandidateStatsList().stream()
              .filter(column -> column.getName().equals(name.substring(STATS.length())))
              .findFirst()
              .map(StatColumn::getValuesList)
              .orElse(List.of());
    };
  }

  /// NaN where one is absent; empty where all are.
  private static List<Double> bases(ScoreRequest request) {
    if (request.getCandidatePctrBaseCount() > 0) {
      return request.getCandidatePctrBaseList().stream().map(Float::doubleValue).toList();
    }
    if (request.getCandidatesList().stream().noneMatch(Candidate::hasPctrBase)) {
      return List.of();
    }
    return request.getCandidatesList().stream()
        .map(each -> each.hasPctrBase() ? each.getPctrBase() : Double.NaN)
        .toList();
  }

  private static List<?> column(@Nullable FeatureValue value) {
    if (value == null) {
      return List.of();
    }
    return switch (value.getKindCase()) {
      case TEXT -> List.of(value.getText());
      case NUMBER -> List.of(value.getNumber());
      case KIND_NOT_SET -> List.of();
    };
  }

  boolean isPresent() {
    return !values.isEmpty();
  }

  int size() {
    return values.size();
  }

  private boolean texts() {
    return !values.isEmpty() && values.getFirst() instanceof String;
  }

  /// As long as the input is said to be: cut, or filled up with what means nothing.
  ///
  /// @throws RequestsException when candidates would be lost
  RequestTensor fitted(TensorMetadata input) {
    if (!InferWire.hasFixedSize(input)) {
      return this;
    }
    int size = Math.toIntExact(input.getShapeList().getLast());
    if (values.size() > size) {
      if (!keepsLast) {
        throw new RequestsException(
            "a request has %d elements of %s and the model's input %s takes %d; make requests with fewer by savior requests --candidates"
                .formatted(values.size(), name, input.getName(), size));
      }
      return new RequestTensor(name, values.subList(values.size() - size, values.size()), true);
    }
    List<Object> filled = new ArrayList<>(values);
    Object nothing = texts() ? "" : name.equals("pctr_base") ? (Object) Double.NaN : 0L;
    filled.addAll(Collections.nCopies(size - values.size(), nothing));
    return new RequestTensor(name, filled, keepsLast);
  }

  /// The type that the model names, but texts stay texts: a server that takes string ids says INT64
  /// of them too.
  String datatype(String wanted) {
    return texts() ? "BYTES" : wanted;
  }

  /// Its elements as the protocol has them, numbers with the lowest byte first.
  byte[] raw(TensorMetadata input) {
    String type = datatype(input.getDatatype());
    if (type.equals("BYTES")) {
      return rawTexts();
    }
    ByteBuffer bytes =
        ByteBuffer.allocate(values.size() * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (Object value : values) {
      Number number = (Number) value;
      switch (type) {
        case "INT64", "UINT64" -> bytes.putLong(number.longValue());
        case "INT32", "UINT32" -> bytes.putInt(number.intValue());
        case "FP64" -> bytes.putDouble(number.doubleValue());
        case "FP32" -> bytes.putFloat(number.floatValue());
        default ->
            throw new RequestsException(
                "the model's input %s is %s, which this program does not send"
                    .formatted(input.getName(), input.getDatatype()));
      }
    }
    byte[] raw = new byte[bytes.flip().remaining()];
    bytes.get(raw);
    return raw;
  }

  private byte[] rawTexts() {
    List<byte[]> texts =
        values.stream().map(each -> each.toString().getBytes(StandardCharsets.UTF_8)).toList();
    int length = texts.stream().mapToInt(text -> Integer.BYTES + text.length).sum();
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    texts.forEach(text -> bytes.putInt(text.length).put(text));
    return bytes.array();
  }
}
