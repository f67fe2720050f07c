package io.saviorrec.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.saviorrec.proto.oip.GRPCInferenceServiceGrpc;
import io.saviorrec.proto.oip.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import io.saviorrec.proto.oip.InferParameter;
import io.saviorrec.proto.oip.InferTensorContents;
import io.saviorrec.proto.oip.ModelInferRequest;
import io.saviorrec.proto.oip.ModelInferRequest.InferInputTensor;
import io.saviorrec.proto.oip.ModelInferRequest.InferRequestedOutputTensor;
import io.saviorrec.proto.oip.ModelInferResponse;
import io.saviorrec.proto.oip.ModelMetadataRequest;
import io.saviorrec.proto.oip.ModelMetadataResponse;
import io.saviorrec.proto.oip.ModelMetadataResponse.TensorMetadata;
import io.saviorrec.proto.oip.ModelReadyRequest;
import io.saviorrec.proto.oip.ServerLiveRequest;
import io.saviorrec.proto.oip.ServerMetadataRequest;
import io.saviorrec.proto.oip.ServerReadyRequest;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.fakes.FakeEngine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The Open Inference Protocol through a port.
@Timeout(60)
class InferenceServiceTest {
  @TempDir private Path repository;
  private ServingFixture fixture;
  private GRPCInferenceServiceBlockingStub stub;

  @BeforeEach
  void start() throws IOException {
    fixture = new ServingFixture(repository, Map.of(), "saviorrec");
    stub = GRPCInferenceServiceGrpc.newBlockingStub(fixture.channel);
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void typedRequestsGetTheScoresOfScoreTyped() {
    ModelInferResponse answer = stub.modelInfer(typed(7, 3).setId("r").build());

    ScoreResponse score =
        fixture
            .scoringStub()
            .score(ScoreRequest.newBuilder().addCandidateIds(7).addCandidateIds(3).build());
    assertThat(answer.getId()).isEqualTo("r");
    assertThat(answer.getModelName()).isEqualTo("saviorrec");
    assertThat(answer.getModelVersion()).isEqualTo("1");
    assertThat(answer.getRawOutputContentsCount()).isZero();
    assertThat(answer.getOutputs(0).getName()).isEqualTo("pctr");
    assertThat(answer.getOutputs(0).getShapeList()).containsExactly(2L);
    assertThat(answer.getOutputs(0).getContents().getFp32ContentsList())
        .isEqualTo(score.getPctrList());
    assertThat(answer.getOutputs(1).getContents().getBytesContentsList())
        .extracting(ByteString::toStringUtf8)
        .isEqualTo(score.getSourcesList().stream().map(Enum::name).toList());
    assertThat(fixture.ended()).isEqualTo("inference.GRPCInferenceService/ModelInfer OK");
  }

  @Test
  void rawRequestsGetRawAnswersOfTheOutputsThatTheyAskFor() {
    ModelInferRequest request =
        raw(7, 3)
            .addOutputs(InferRequestedOutputTensor.newBuilder().setName("ranked"))
            .addOutputs(InferRequestedOutputTensor.newBuilder().setName("pctr"))
            .putParameters("top_k", InferParameter.newBuilder().setInt64Param(1).build())
            .build();

    ModelInferResponse answer = stub.modelInfer(request);

    assertThat(answer.getOutputsList())
        .extracting(output -> output.getName() + output.getDatatype() + output.getShapeList())
        .containsExactly("rankedINT64[1, 1]", "pctrFP32[1, 1]");
    assertThat(answer.getOutputs(0).hasContents()).isFalse();
    int best = FakeEngine.scoreOf(7) > FakeEngine.scoreOf(3) ? 0 : 1;
    assertThat(little(answer.getRawOutputContents(0)).getLong()).isEqualTo(best);
    assertThat(little(answer.getRawOutputContents(1)).getFloat())
        .isEqualTo(FakeEngine.scoreOf(best == 0 ? 7 : 3));
  }

  @Test
  void readsRawTextsThatAreAPartOfTheMessage() {
    ByteBuffer text = ByteBuffer.allocate(Integer.BYTES + 1).order(ByteOrder.LITTLE_ENDIAN);
    text.putInt(1).put((byte) 'u');
    ModelInferRequest request =
        raw(7)
            .addInputs(input("user_id", 1).setDatatype("BYTES"))
            .addRawInputContents(ByteString.copyFrom(text.clear()))
            .build();

    assertThat(stub.modelInfer(request).getRawOutputContentsCount()).isEqualTo(2);
  }

  @Test
  void whatIsSaidOfAnUnknownItemCounts() {
    ModelInferResponse answer =
        stub.modelInfer(
            typed(9001)
                .addInputs(
                    input("candidate_codes", 1, 2)
                        .setContents(
                            InferTensorContents.newBuilder().addAllInt64Contents(List.of(3L, 0L))))
                .addInputs(
                    input("candidate_stats.clicks", 1)
                        .setDatatype("FP32")
                        .setContents(InferTensorContents.newBuilder().addFp32Contents(2)))
                .build());

    assertThat(answer.getOutputs(1).getContents().getBytesContents(0).toStringUtf8())
        .isEqualTo("SHARED_CODES");
    FakeEngine engine = fixture.engine("saviorrec");
    assertThat(engine.inSlot(engine.lastInput().candidateSlots()[0]).stats())
        .containsExactly(0, 2, 0);
  }

  @Test
  void readinessIsThatOfTheHealthService() {
    assertThat(stub.serverLive(ServerLiveRequest.getDefaultInstance()).getLive()).isTrue();
    assertThat(serverReady()).isFalse();
    assertThat(modelReady("saviorrec", "1")).isFalse();

    fixture.serving();

    assertThat(serverReady()).isTrue();
    assertThat(modelReady("saviorrec", "")).isTrue();
    assertThat(modelReady("saviorrec", "1")).isTrue();
    assertThat(modelReady("saviorrec", "2")).isFalse();
    assertThat(modelReady("other", "")).isFalse();
  }

  @Test
  void metadataNamesTheTensors() {
    ModelMetadataResponse metadata =
        stub.modelMetadata(ModelMetadataRequest.newBuilder().setName("saviorrec").build());

    assertThat(metadata.getVersionsList()).containsExactly("1");
    assertThat(metadata.getInputsList())
        .extracting(TensorMetadata::getName)
        .startsWith("candidate_ids", "user_id", "history", "history_times_ms", "pctr_base")
        .endsWith("candidate_stats.pv", "candidate_stats.clicks", "candidate_stats.age_days");
    assertThat(metadata.getOutputsList())
        .extracting(TensorMetadata::getName)
        .containsExactly("pctr", "source", "ranked");
    assertThat(stub.serverMetadata(ServerMetadataRequest.getDefaultInstance()).getName())
        .isEqualTo("saviorrec");
  }

  @Test
  void elementsAreCountedBeforeTheMessageIsDecoded() {
    int many = 2 * (TestConfigs.MAX_CANDIDATES + TestConfigs.small(Map.of()).limits().history());
    InferTensorContents contents =
        InferTensorContents.newBuilder()
            .addAllInt64Contents(Collections.nCopies(many + 20_000, 1L))
            .build();

    Status status =
        ServingFixture.failure(
            () ->
                stub.modelInfer(
                    ModelInferRequest.newBuilder()
                        .addInputs(InferInputTensor.newBuilder().setContents(contents))
                        .build()));

    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription()).contains("the contents of inputs has " + (many + 20_000));
  }

  @Test
  void namesWhatIsWrongWithATensor() {
    Status status =
        ServingFixture.failure(
            () -> stub.modelInfer(typed(7).setInputs(0, input("candidate_ids", 2, 2)).build()));

    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription())
        .contains("\"candidate_ids\" is \"INT64\" of shape [2, 2]; expected INT64 or BYTES");
  }

  @Test
  void aLabelChoosesTheVersionAndTheAnswerNamesIt(@TempDir Path other) throws IOException {
    try (ServingFixture labelled =
        new ServingFixture(
            other, Map.of("routing.labels", "{saviorrec: {canary: 1}}"), "saviorrec")) {
      ModelInferResponse answer =
          GRPCInferenceServiceGrpc.newBlockingStub(labelled.channel)
              .modelInfer(
                  typed(7)
                      .setModelName("saviorrec")
                      .putParameters(
                          "label", InferParameter.newBuilder().setStringParam("canary").build())
                      .build());

      assertThat(answer.getParametersOrThrow("label").getStringParam()).isEqualTo("canary");
    }
  }

  @Test
  void theServiceIsNotThereWhenItIsSwitchedOff(@TempDir Path other) throws IOException {
    try (ServingFixture off =
        new ServingFixture(other, Map.of("oip.enabled", "false"), "saviorrec")) {
      Status status =
          ServingFixture.failure(
              () ->
                  GRPCInferenceServiceGrpc.newBlockingStub(off.channel)
                      .serverLive(ServerLiveRequest.getDefaultInstance()));

      assertThat(status.getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
    }
  }

  private boolean serverReady() {
    return stub.serverReady(ServerReadyRequest.getDefaultInstance()).getReady();
  }

  private boolean modelReady(String name, String version) {
    return stub.modelReady(ModelReadyRequest.newBuilder().setName(name).setVersion(version).build())
        .getReady();
  }

  private static InferInputTensor.Builder input(String name, long... shape) {
    InferInputTensor.Builder input =
        InferInputTensor.newBuilder().setName(name).setDatatype("INT64");
    for (long size : shape) {
      input.addShape(size);
    }
    return input;
  }

  private static ModelInferRequest.Builder typed(Long... candidates) {
    return ModelInferRequest.newBuilder()
        .addInputs(
            input("candidate_ids", candidates.length)
                .setContents(
                    InferTensorContents.newBuilder().addAllInt64Contents(List.of(candidates))));
  }

  private static ModelInferRequest.Builder typed(int first, int second) {
    return typed((long) first, (long) second);
  }

  private static ModelInferRequest.Builder typed(int only) {
    return typed((long) only);
  }

  private static ModelInferRequest.Builder raw(long... candidates) {
    ByteBuffer bytes =
        ByteBuffer.allocate(candidates.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asLongBuffer().put(candidates);
    return ModelInferRequest.newBuilder()
        .addInputs(input("candidate_ids", 1, candidates.length))
        .addRawInputContents(ByteString.copyFrom(bytes));
  }

  private static ByteBuffer little(ByteString bytes) {
    return bytes.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }
}
