package io.saviorrec.server.oip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.saviorrec.proto.oip.InferParameter;
import io.saviorrec.proto.oip.InferTensorContents;
import io.saviorrec.proto.oip.ModelInferRequest;
import io.saviorrec.proto.oip.ModelInferRequest.InferInputTensor;
import io.saviorrec.proto.oip.ModelInferRequest.InferRequestedOutputTensor;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.Priority;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.StatColumn;
import io.saviorrec.proto.v1.User;
import io.saviorrec.server.request.RequestException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InferRequestTest {
  private static final InferRequest.Most MOST = new InferRequest.Most(4, 3);

  private final ModelInferRequest.Builder request = ModelInferRequest.newBuilder();

  @Test
  void readsEveryTensorFromRawBytes() {
    raw("candidate_ids", "INT64", longs(7, -3), 2);
    raw("user_id", "INT64", longs(42), 1);
    raw("history", "INT64", longs(5, 6, 7), 1, 3);
    raw("history_times_ms", "INT64", longs(10, 20, 30), 3);
    raw("pctr_base", "FP32", floats(.25f, Float.NaN), 2);
    raw("profile.city", "BYTES", texts("Köln"), 1);
    raw("profile.a", "FP32", floats(.5f), 1);
    raw("context.b", "FP64", bytes(8).putDouble(1.5), 1, 1);
    raw("context.c", "INT64", longs(9), 1);

    InferRequest read = read();

    assertThat(read.raw()).isTrue();
    assertThat(read.rowed()).isFalse();
    assertThat(read.score()).isEqualTo(everything());
  }

  @Test
  void readsTheUsersTaste() {
    raw("candidate_ids", "INT64", longs(7), 1);
    raw("user_taste", "FP32", floats(.5f, -2), 1, 2);

    assertThat(read().score().getUser().getTasteList()).containsExactly(.5f, -2f);
  }

  @Test
  void readsEveryTensorFromTypedContents() {
    typed("candidate_ids", "INT64", contents().addInt64Contents(7).addInt64Contents(-3), 1, 2);
    typed("user_id", "INT64", contents().addInt64Contents(42), 1);
    typed("history", "INT64", contents().addAllInt64Contents(List.of(5L, 6L, 7L)), 3);
    typed("history_times_ms", "INT64", contents().addAllInt64Contents(List.of(10L, 20L, 30L)), 3);
    typed("pctr_base", "FP32", contents().addFp32Contents(.25f).addFp32Contents(Float.NaN), 2);
    typed("profile.city", "BYTES", contents().addBytesContents(utf8("Köln")), 1);
    typed("profile.a", "FP32", contents().addFp32Contents(.5f), 1);
    typed("context.b", "FP64", contents().addFp64Contents(1.5), 1);
    typed("context.c", "INT64", contents().addInt64Contents(9), 1);

    InferRequest read = read();

    assertThat(read.raw()).isFalse();
    assertThat(read.rowed()).isTrue();
    assertThat(read.score()).isEqualTo(everything());
  }

  @Test
  void readsTextsAsStringIdsInBothForms() {
    raw("candidate_ids", "BYTES", texts("a", "", "bc"), 3);
    raw("user_id", "BYTES", texts("u"), 1);
    raw("history", "BYTES", texts("x", "y"), 2);
    ScoreRequest fromRaw = read().score();
    request.clear();
    typed(
        "candidate_ids",
        "BYTES",
        contents().addAllBytesContents(List.of(utf8("a"), utf8(""), utf8("bc"))),
        3);
    typed("user_id", "BYTES", contents().addBytesContents(utf8("u")), 1);
    typed("history", "BYTES", contents().addAllBytesContents(List.of(utf8("x"), utf8("y"))), 2);

    assertThat(read().score()).isEqualTo(fromRaw);
    assertThat(fromRaw.getCandidateKeysList()).containsExactly("a", "", "bc");
    assertThat(fromRaw.getUser().getUserKey()).isEqualTo("u");
    assertThat(fromRaw.getUser().getHistoryKeysList()).containsExactly("x", "y");
  }

  @Test
  void readsWhatIsSaidOfCandidatesInBothForms() {
    raw("candidate_codes", "INT64", longs(1, 2, -1, -1), 2, 2);
    raw("candidate_ids", "INT64", longs(7, 8), 2);
    raw("candidate_categories", "BYTES", texts("", "hats"), 2);
    raw("candidate_stats.pv", "FP32", floats(5, Float.NaN), 2);
    ScoreRequest fromRaw = read().score();
    request.clear();
    typed("candidate_ids", "INT64", contents().addAllInt64Contents(List.of(7L, 8L)), 2);
    typed(
        "candidate_codes",
        "INT64",
        contents().addAllInt64Contents(List.of(1L, 2L, -1L, -1L)),
        1,
        2,
        2);
    typed(
        "candidate_categories",
        "BYTES",
        contents().addAllBytesContents(List.of(utf8(""), utf8("hats"))),
        1,
        2);
    typed("candidate_stats.pv", "FP32", contents().addAllFp32Contents(List.of(5f, Float.NaN)), 2);

    assertThat(read().score()).isEqualTo(fromRaw);
    assertThat(fromRaw.getCandidateCodesList()).containsExactly(1, 2, -1, -1);
    assertThat(fromRaw.getCandidateCategoriesList()).containsExactly("", "hats");
    assertThat(fromRaw.getCandidateStatsList())
        .containsExactly(
            StatColumn.newBuilder().setName("pv").addValues(5).addValues(Float.NaN).build());
  }

  @Test
  void refusesCodesThatAreNotOneRowForEachCandidate() {
    oneCandidate();
    raw("candidate_codes", "INT64", longs(1, 2, 3, 4), 2, 2);
    refuses("input candidate_codes has 2 rows for 1 of candidate_ids");
    request.clear();
    oneCandidate();
    raw("candidate_codes", "INT64", longs(1, 2), 2);
    refuses(
        "input \"candidate_codes\" is \"INT64\" of shape [2]; expected INT64 of shape [n,levels]");
    request.clear();
    oneCandidate();
    raw("candidate_codes", "INT64", longs(1, 2, 3, 4, 5), 5, 1);
    refuses("input \"candidate_codes\" has 5 rows; the most is scoring.maxCandidates = 4");
  }

  @Test
  void takesNameVersionIdAndParameters() {
    oneCandidate();
    request.setModelName("m").setModelVersion("12").setId("r");
    request.putParameters("bucket", text("b"));
    request.putParameters("priority", InferParameter.newBuilder().setUint64Param(1).build());
    request.putParameters("exact", InferParameter.newBuilder().setBoolParam(true).build());
    request.putParameters("strict", InferParameter.newBuilder().setBoolParam(true).build());
    request.putParameters("top_k", InferParameter.newBuilder().setInt64Param(3).build());
    request.putParameters("timeout", InferParameter.newBuilder().setInt64Param(1000).build());
    request.putParameters("flags.household", text("h1"));

    InferRequest read = read();

    ScoreRequest score = read.score();
    assertThat(score.getModel()).isEqualTo("m");
    assertThat(score.getVersion()).isEqualTo(12);
    assertThat(score.getRequestId()).isEqualTo("r");
    assertThat(score.getBucket()).isEqualTo("b");
    assertThat(score.getFlagsMap()).isEqualTo(Map.of("household", "h1"));
    assertThat(score.getPriority()).isEqualTo(Priority.HIGH);
    assertThat(score.getExact()).isTrue();
    assertThat(score.getStrict()).isTrue();
    assertThat(score.getTopK()).isEqualTo(3);
    assertThat(read.outputs()).containsExactly("pctr", "source", "ranked");
  }

  @Test
  void refusesParametersThatItDoesNotKnowOrOfTheWrongKind() {
    oneCandidate();
    request.putParameters("exakt", text("x"));
    refuses("parameter \"exakt\" is not known; there are bucket, label, priority");
    request.clearParameters().putParameters("exact", text("yes"));
    refuses("parameter exact must be true or false");
    request.clearParameters().putParameters("priority", text("urgent"));
    refuses("parameter priority must be high, normal or low");
    request
        .clearParameters()
        .putParameters("top_k", InferParameter.newBuilder().setInt64Param(-1).build());
    refuses("parameter top_k must be a whole number of 0 to 2147483647");
  }

  @Test
  void refusesVersionsThatAreNoNumbers() {
    oneCandidate();
    request.setModelVersion("stable");
    refuses("the model's version is \"stable\"; expected a whole number");
    request.setModelVersion("9".repeat(19));
    refuses("expected a whole number");
  }

  @Test
  void namesTensorDatatypeAndShapeOfWhatItRefuses() {
    raw("candidate_ids", "FP32", floats(1, 2), 2, 1);
    refuses(
        "input \"candidate_ids\" is \"FP32\" of shape [2, 1]; expected INT64 or BYTES of shape");
    request.clear();
    raw("candidate_ids", "INT64", longs(1, 2, 3, 4), 2, 2);
    refuses("is \"INT64\" of shape [2, 2]; expected INT64 or BYTES of shape [n] or [1,n]; several");
    request.clear();
    raw("candidate_ids", "INT64", longs(1), -1);
    refuses("of shape [-1]");
    request.clear();
    raw("candidate_ids", "INT64", longs(1));
    refuses("of shape []");
    request.clear();
    raw("pctr_base", "FP64", bytes(8), 1);
    refuses("input \"pctr_base\" is \"FP64\" of shape [1]; expected FP32");
    request.clear();
    raw("history_times_ms", "BYTES", texts("x"), 1);
    refuses("input \"history_times_ms\" is \"BYTES\" of shape [1]; expected INT64");
    request.clear();
    raw("user_id", "INT64", longs(1, 2), 2);
    refuses("input \"user_id\" is \"INT64\" of shape [2]");
    request.clear();
    raw("profile.x", "BOOL", bytes(1), 1);
    refuses("input \"profile.x\" is \"BOOL\" of shape [1]; expected BYTES, FP32, FP64 or INT64");
    request.clear();
    raw("profile.x", "BYTES", texts("a", "b"), 2);
    refuses("input \"profile.x\" is \"BYTES\" of shape [2]");
  }

  @Test
  void refusesHostileSizesBeforeAnElementIsRead() {
    raw("candidate_ids", "INT64", longs(1), Long.MAX_VALUE);
    refuses("has 9223372036854775807 elements; the most is scoring.maxCandidates = 4");
    request.clear();
    raw("candidate_ids", "INT64", longs(1), 4);
    refuses("has 8 raw bytes; its shape needs 32");
    request.clear();
    raw("history", "BYTES", bytes(400), 100);
    refuses("has 100 elements; the most is limits.history = 3");
    request.clear();
    raw("user_id", "BYTES", bytes(4).putInt(Integer.MAX_VALUE), 1);
    refuses("ends within element 0 of the 1");
    request.clear();
    raw("user_id", "BYTES", bytes(4).putInt(-1), 1);
    refuses("ends within element 0 of the 1");
    request.clear();
    raw("candidate_ids", "BYTES", bytes(6), 2);
    refuses("ends within element 1 of the 2");
    request.clear();
    raw("candidate_ids", "BYTES", bytes(8), 1);
    refuses("has 4 raw bytes after the 1 elements of its shape");
  }

  @Test
  void refusesContentsThatAreNotWhatTheShapeSays() {
    typed("candidate_ids", "INT64", contents().addInt64Contents(1), 2);
    refuses("has 1 elements of INT64 and 0 of other types in its contents; its shape needs 2");
    request.clear();
    typed("candidate_ids", "INT64", contents().addInt64Contents(1).addIntContents(1), 1);
    refuses("has 1 elements of INT64 and 1 of other types");
    request.clear();
    typed("user_id", "BYTES", contents().addBytesContents(ByteString.copyFrom(new byte[] {-1})), 1);
    refuses("input \"user_id\" has an element that is no UTF-8");
  }

  @Test
  void refusesRequestsThatDoNotFitTogether() {
    refuses("input candidate_ids is missing");
    oneCandidate();
    raw("pctr_base", "FP32", floats(.1f, .2f), 2);
    refuses("input pctr_base has 2 elements for 1 of candidate_ids");
    request.clear();
    oneCandidate();
    oneCandidate();
    refuses("input \"candidate_ids\" is there twice");
    request.clear();
    oneCandidate();
    request.addRawInputContents(ByteString.EMPTY);
    refuses("raw_input_contents has 2 entries for 1 inputs");
    request.clear();
    oneCandidate();
    request.getInputsBuilder(0).setContents(contents());
    refuses("has contents beside raw_input_contents");
    request.clear();
    oneCandidate();
    raw("candidates", "INT64", longs(1), 1);
    refuses("input \"candidates\" is not known; there are candidate_ids, user_id");
    request.clear();
    oneCandidate();
    request.getInputsBuilder(0).putParameters("shared_memory_region", text("x"));
    refuses("input \"candidate_ids\" has parameters, such as those of shared memory");
  }

  @Test
  void refusesOutputsThatItDoesNotHave() {
    oneCandidate();
    request.addOutputs(InferRequestedOutputTensor.newBuilder().setName("score"));
    refuses("output \"score\" is not known, or asked for twice; there are pctr, source, ranked");
    request.clearOutputs();
    request.addOutputs(
        InferRequestedOutputTensor.newBuilder()
            .setName("pctr")
            .putParameters("classification", text("3")));
    refuses("output pctr has parameters");
  }

  private static ScoreRequest everything() {
    return ScoreRequest.newBuilder()
        .addCandidateIds(7)
        .addCandidateIds(-3)
        .addCandidatePctrBase(.25f)
        .addCandidatePctrBase(Float.NaN)
        .setUser(
            User.newBuilder()
                .setUserId(42)
                .addAllHistory(List.of(5L, 6L, 7L))
                .addAllHistoryTimesMs(List.of(10L, 20L, 30L))
                .putProfile("city", FeatureValue.newBuilder().setText("Köln").build())
                .putProfile("a", FeatureValue.newBuilder().setNumber(.5).build()))
        .putContext("b", FeatureValue.newBuilder().setNumber(1.5).build())
        .putContext("c", FeatureValue.newBuilder().setNumber(9).build())
        .build();
  }

  private void oneCandidate() {
    raw("candidate_ids", "INT64", longs(1), 1);
  }

  private void raw(String name, String datatype, ByteBuffer bytes, long... shape) {
    InferInputTensor.Builder input =
        InferInputTensor.newBuilder().setName(name).setDatatype(datatype);
    for (long size : shape) {
      input.addShape(size);
    }
    request.addInputs(input).addRawInputContents(ByteString.copyFrom(bytes.clear()));
  }

  private void typed(
      String name, String datatype, InferTensorContents.Builder contents, long... shape) {
    InferInputTensor.Builder input =
        InferInputTensor.newBuilder().setName(name).setDatatype(datatype).setContents(contents);
    for (long size : shape) {
      input.addShape(size);
    }
    request.addInputs(input);
  }

  private InferRequest read() {
    return InferRequest.of(request.build(), MOST);
  }

  private void refuses(String message) {
    assertThatThrownBy(this::read)
        .isInstanceOf(RequestException.class)
        .hasMessageContaining(message);
  }

  private static InferTensorContents.Builder contents() {
    return InferTensorContents.newBuilder();
  }

  private static InferParameter text(String value) {
    return InferParameter.newBuilder().setStringParam(value).build();
  }

  private static ByteString utf8(String text) {
    return ByteString.copyFromUtf8(text);
  }

  private static ByteBuffer bytes(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static ByteBuffer longs(long... values) {
    ByteBuffer bytes = bytes(values.length * Long.BYTES);
    bytes.asLongBuffer().put(values);
    return bytes;
  }

  private static ByteBuffer floats(float... values) {
    ByteBuffer bytes = bytes(values.length * Float.BYTES);
    bytes.asFloatBuffer().put(values);
    return bytes;
  }

  private static ByteBuffer texts(String... values) {
    List<byte[]> all =
        List.of(values).stream().map(text -> text.getBytes(StandardCharsets.UTF_8)).toList();
    ByteBuffer bytes = bytes(all.stream().mapToInt(text -> text.length + Integer.BYTES).sum());
    all.forEach(text -> bytes.putInt(text.length).put(text));
    return bytes;
  }
}
