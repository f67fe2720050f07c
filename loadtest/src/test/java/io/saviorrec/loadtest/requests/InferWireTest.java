package io.saviorrec.loadtest.requests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.saviorrec.loadtest.requests.Wire.Verdict;
import io.saviorrec.proto.oip.InferParameter;
import io.saviorrec.proto.oip.ModelInferRequest;
import io.saviorrec.proto.oip.ModelInferRequest.InferInputTensor;
import io.saviorrec.proto.oip.ModelInferResponse;
import io.saviorrec.proto.oip.ModelMetadataResponse;
import io.saviorrec.proto.oip.ModelMetadataResponse.TensorMetadata;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.StatColumn;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InferWireTest {
  private static TensorMetadata input(String name, String datatype, long... shape) {
    return TensorMetadata.newBuilder()
        .setName(name)
        .setDatatype(datatype)
        .addAllShape(Arrays.stream(shape).boxed().toList())
        .build();
  }

  private static ModelMetadataResponse model(TensorMetadata... inputs) {
    return ModelMetadataResponse.newBuilder().setName("ctr").addAllInputs(List.of(inputs)).build();
  }

  private static ScoreRequest request() {
    ScoreRequest.Builder request =
        ScoreRequest.newBuilder()
            .setRequestId("r1")
            .setExact(true)
            .addCandidates(Candidate.newBuilder().setItemId(11).setPctrBase(.25))
            .addCandidates(Candidate.newBuilder().setItemId(12))
            .putContext("device", FeatureValue.newBuilder().setText("phone").build());
    request.getUserBuilder().setUserId(7).addHistory(1).addHistory(2).addHistory(3);
    request.getUserBuilder().putProfile("age", FeatureValue.newBuilder().setNumber(30).build());
    return request.build();
  }

  private static ModelInferRequest encoded(Map<String, String> names, TensorMetadata... inputs)
      throws IOException {
    return ModelInferRequest.parseFrom(new InferWire(model(inputs), names).encode(request()));
  }

  private static ByteBuffer little(ByteString bytes) {
    return ByteBuffer.wrap(bytes.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Test
  void sendsTheInputsThatTheModelNamesInItsTypes() throws IOException {
    ModelInferRequest infer =
        encoded(
            Map.of(),
            input("candidate_ids", "INT64", -1),
            input("user_id", "INT64", 1),
            input("history", "INT64", -1),
            input("history_times_ms", "INT64", -1),
            input("pctr_base", "FP32", -1),
            input("profile.age", "FP64", 1),
            input("profile.city", "BYTES", 1),
            input("context.device", "BYTES", 1));

    assertThat(infer.getModelName()).isEqualTo("ctr");
    assertThat(infer.getId()).isEqualTo("r1");
    assertThat(infer.getParametersOrThrow("exact").getBoolParam()).isTrue();
    // What the request does not have is left out.
    assertThat(infer.getInputsList())
        .extracting(InferInputTensor::getName)
        .containsExactly(
            "candidate_ids", "user_id", "history", "pctr_base", "profile.age", "context.device");
    assertThat(infer.getInputs(0).getShapeList()).containsExactly(2L);
    assertThat(little(infer.getRawInputContents(0)).getLong(8)).isEqualTo(12);
    assertThat(little(infer.getRawInputContents(3)).getFloat(0)).isEqualTo(.25f);
    assertThat(little(infer.getRawInputContents(3)).getFloat(4)).isNaN();
    assertThat(little(infer.getRawInputContents(4)).getDouble(0)).isEqualTo(30);
    assertThat(infer.getRawInputContents(5).toStringUtf8()).isEqualTo("\5\0\0\0phone");
  }

  @Test
  void fitsAPeersNamesTypesAndSizes() throws IOException {
    ModelInferRequest infer =
        encoded(
            Map.of("items", "candidate_ids", "clicks", "history", "base", "pctr_base"),
            input("items", "INT32", -1, 4),
            input("clicks", "INT32", -1, 2),
            input("base", "FP32", 1, 4));

    assertThat(infer.getInputs(0).getShapeList()).containsExactly(1L, 4L);
    assertThat(little(infer.getRawInputContents(0)).asIntBuffer())
        .isEqualTo(little(ByteString.copyFrom(ints(11, 12, 0, 0))).asIntBuffer());
    // Of a history the latest clicks count.
    assertThat(little(infer.getRawInputContents(1)).asIntBuffer())
        .isEqualTo(little(ByteString.copyFrom(ints(2, 3))).asIntBuffer());
    assertThat(infer.getRawInputContents(2).size()).isEqualTo(16);
  }

  private static byte[] ints(int... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    Arrays.stream(values).forEach(bytes::putInt);
    return bytes.array();
  }

  @Test
  void whatIsSaidOfCandidatesIsSentWhereItIsSaid() throws IOException {
    ModelMetadataResponse model =
        model(
            input("candidate_ids", "INT64", -1),
            input("candidate_categories", "BYTES", -1),
            input("candidate_codes", "INT64", -1, 2),
            input("candidate_stats.pv", "FP32", -1));
    ScoreRequest plain = ScoreRequest.newBuilder().addCandidateIds(1).addCandidateIds(2).build();
    ScoreRequest told =
        plain.toBuilder()
            .addAllCandidateCategories(List.of("a", "b"))
            .addAllCandidateCodes(List.of(1, 2, 3, 4))
            .addCandidateStats(StatColumn.newBuilder().setName("pv").addValues(5).addValues(6))
            .build();

    assertThat(inputs(model, plain)).containsExactly("candidate_ids [2]");
    assertThat(inputs(model, told))
        .containsExactly(
            "candidate_ids [2]",
            "candidate_categories [2]",
            "candidate_codes [2, 2]",
            "candidate_stats.pv [2]");
  }

  private static List<String> inputs(ModelMetadataResponse model, ScoreRequest request)
      throws IOException {
    return ModelInferRequest.parseFrom(new InferWire(model, Map.of()).encode(request))
        .getInputsList()
        .stream()
        .map(input -> input.getName() + " " + input.getShapeList())
        .toList();
  }

  @Test
  void saysWhichInputRequestsDoNotHave() {
    assertThatThrownBy(() -> encoded(Map.of(), input("dense", "FP32", -1, 13)))
        .isInstanceOf(RequestsException.class)
        .hasMessageStartingWith(
            "the model ctr takes an input dense, which requests do not have; say by --input"
                + " dense=OURS what it holds");
    assertThatThrownBy(() -> encoded(Map.of(), input("candidate_ids", "BOOL", -1)))
        .isInstanceOf(RequestsException.class)
        .hasMessage("the model's input candidate_ids is BOOL, which this program does not send");
  }

  @Test
  void answersAreCountedByTheirShape() {
    InferWire wire = new InferWire(model(), Map.of());
    ModelInferResponse.Builder answer = ModelInferResponse.newBuilder();
    answer.addOutputsBuilder().setName("other").addShape(5);
    answer.addOutputsBuilder().setName("pctr").addShape(1).addShape(2);
    assertThat(wire.read(answer.build().toByteArray(), 2)).isEqualTo(Verdict.WHOLE);
    assertThat(wire.read(answer.build().toByteArray(), 5)).isEqualTo(Verdict.WRONG);
    answer.putParameters("degraded", InferParameter.newBuilder().setStringParam("x").build());
    assertThat(wire.read(answer.build().toByteArray(), 2)).isEqualTo(Verdict.DEGRADED);
    assertThat(wire.read(new byte[] {1, 2, 3}, 2)).isEqualTo(Verdict.WRONG);
  }
}
