package io.saviorrec.server.oip;

import com.google.protobuf.ByteString;
import io.saviorrec.proto.oip.InferParameter;
import io.saviorrec.proto.oip.InferTensorContents;
import io.saviorrec.proto.oip.ModelInferRequest;
import io.saviorrec.proto.oip.ModelInferRequest.InferRequestedOutputTensor;
import io.saviorrec.proto.oip.ModelInferResponse;
import io.saviorrec.proto.oip.ModelInferResponse.InferOutputTensor;
import io.saviorrec.proto.v1.Degradation;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.server.request.ErrorText;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.scoring.ScoreAnswer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// An answer as tensors of the protocol.
public final class InferAnswer {
  static final String PCTR = "pctr";
  static final String SOURCE = "source";
  static final String RANKED = "ranked";

  private static final List<String> ALL = List.of(PCTR, SOURCE, RANKED);

  private static final List<byte[]> SOURCES = sources();
  private static final int LONGEST_SOURCE =
      SOURCES.stream().mapToInt(name -> name.length).max().orElse(0);

  private final InferRequest request;
  private final ScoreAnswer answer;
  private final ModelInferResponse.Builder response = ModelInferResponse.newBuilder();

  private InferAnswer(InferRequest request, ScoreAnswer answer) {
    this.request = request;
    this.answer = answer;
  }

  /// The answer in the form that its request asked for.
  public static ModelInferResponse of(InferRequest request, ScoreAnswer answer) {
    return new InferAnswer(request, answer).build();
  }

  /// The outputs that a request asks for; without any of its own all that say something.
  static List<String> outputs(ModelInferRequest request, boolean topK) {
    if (request.getOutputsCount() == 0) {
      return topK ? ALL : List.of(PCTR, SOURCE);
    }
    List<String> names = new ArrayList<>();
    for (InferRequestedOutputTensor output : request.getOutputsList()) {
      String name = output.getName();
      if (!ALL.contains(name) || names.contains(name)) {
        throw RequestException.invalid(
            "output %s is not known, or asked for twice; there are %s"
                .formatted(ErrorText.quote(name), String.join(", ", ALL)));
      }
      if (output.getParametersCount() > 0) {
        throw RequestException.invalid(
            "output %s has parameters, such as those of shared memory or classes; none is known"
                .formatted(name));
      }
      names.add(name);
    }
    return names;
  }

  private ModelInferResponse build() {
    response
        .setModelName(answer.model())
        .setModelVersion(Long.toString(answer.version()))
        .setId(answer.requestId())
        .putParameters("variant", text(answer.variant()))
        .putParameters("unknown_history_items", number(answer.unknownHistoryItems()))
        .putParameters("future_clicks", number(answer.notes().futureClicks()));
    if (!answer.bucket().isEmpty()) {
      response.putParameters("bucket", text(answer.bucket()));
    }
    if (!answer.label().isEmpty()) {
      response.putParameters("label", text(answer.label()));
    }
    if (answer.degraded() != Degradation.DEGRADATION_UNSPECIFIED) {
      response.putParameters("degraded", text(answer.degraded().name()));
    }
    if (!answer.notes().unusedColumns().isEmpty()) {
      response.putParameters(
          "unused_columns", text(String.join(",", answer.notes().unusedColumns())));
    }
    for (String output : request.outputs()) {
      switch (output) {
        case PCTR -> pctr();
        case SOURCE -> source();
        default -> ranked();
      }
    }
    return response.build();
  }

  private void pctr() {
    float[] values = answer.pctr();
    InferTensorContents.Builder contents = InferTensorContents.newBuilder();
    ByteBuffer raw = raw(Float.BYTES);
    for (float value : values) {
      if (request.raw()) {
        raw.putFloat(value);
      } else {
        contents.addFp32Contents(value);
      }
    }
    put(PCTR, InputTensor.FP32, contents, raw);
  }

  private void ranked() {
    int[] ranked = answer.ranked();
    InferTensorContents.Builder contents = InferTensorContents.newBuilder();
    ByteBuffer raw = raw(Long.BYTES);
    for (int i = 0; i < answer.pctr().length; i++) {
      long candidate = ranked == null ? i : ranked[i];
      if (request.raw()) {
        raw.putLong(candidate);
      } else {
        contents.addInt64Contents(candidate);
      }
    }
    put(RANKED, InputTensor.INT64, contents, raw);
  }

  private void source() {
    InferTensorContents.Builder contents = InferTensorContents.newBuilder();
    ByteBuffer raw = raw(Integer.BYTES + LONGEST_SOURCE);
    for (byte source : answer.sources()) {
      byte[] name = SOURCES.get(source);
      if (request.raw()) {
        raw.putInt(name.length).put(name);
      } else {
        contents.addBytesContents(ByteString.copyFrom(name));
      }
    }
    put(SOURCE, InputTensor.BYTES, contents, raw);
  }

  /// The names by their numbers, which have no gaps.
  private static List<byte[]> sources() {
    List<byte[]> names = new ArrayList<>();
    for (int i = 0; ScoreSource.forNumber(i) != null; i++) {
      names.add(ScoreSource.forNumber(i).name().getBytes(StandardCharsets.US_ASCII));
    }
    return names;
  }

  private ByteBuffer raw(int most) {
    int bytes = request.raw() ? answer.pctr().length * most : 0;
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private void put(
      String name, String datatype, InferTensorContents.Builder contents, ByteBuffer raw) {
    InferOutputTensor.Builder output =
        InferOutputTensor.newBuilder().setName(name).setDatatype(datatype);
    if (request.rowed()) {
      output.addShape(1);
    }
    output.addShape(answer.pctr().length);
    if (request.raw()) {
      response.addRawOutputContents(ByteString.copyFrom(raw.flip()));
    } else {
      output.setContents(contents);
    }
    response.addOutputs(output);
  }

  private static InferParameter text(String value) {
    return InferParameter.newBuilder().setStringParam(value).build();
  }

  private static InferParameter number(long value) {
    return InferParameter.newBuilder().setInt64Param(value).build();
  }
}
