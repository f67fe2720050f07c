package io.saviorrec.loadtest.requests;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.saviorrec.proto.oip.GRPCInferenceServiceGrpc;
import io.saviorrec.proto.oip.InferParameter;
import io.saviorrec.proto.oip.ModelInferRequest;
import io.saviorrec.proto.oip.ModelInferRequest.InferInputTensor;
import io.saviorrec.proto.oip.ModelInferResponse;
import io.saviorrec.proto.oip.ModelInferResponse.InferOutputTensor;
import io.saviorrec.proto.oip.ModelMetadataResponse;
import io.saviorrec.proto.oip.ModelMetadataResponse.TensorMetadata;
import io.saviorrec.proto.v1.ScoreRequest;
import java.util.List;
import java.util.Map;

/// Requests as ModelInfer of the Open Inference Protocol takes them, with the inputs that the model
/// names, in the types and shapes that it names; elements are raw.
public final class InferWire implements Wire {
  private static final String SCORES = "pctr";

  private final ModelMetadataResponse model;
  private final Map<String, String> names;

  /// For a model as its server describes it.
  ///
  /// @param names of requests' values for inputs that are called otherwise
  /// @throws RequestsException when the model wants an input that requests do not have
  public InferWire(ModelMetadataResponse model, Map<String, String> names) {
    this.model = model;
    this.names = Map.copyOf(names);
    for (TensorMetadata input : model.getInputsList()) {
      if (!RequestTensor.isKnown(named(input))) {
        throw new RequestsException(
            "the model %s takes an input %s, which requests do not have; say by --input %s=OURS what it holds, one of %s"
                .formatted(model.getName(), input.getName(), input.getName(), RequestTensor.NAMES));
      }
    }
  }

  private String named(TensorMetadata input) {
    return names.getOrDefault(input.getName(), input.getName());
  }

  @Override
  public String service() {
    return GRPCInferenceServiceGrpc.SERVICE_NAME;
  }

  @Override
  public String method() {
    return "ModelInfer";
  }

  @Override
  public byte[] encode(ScoreRequest request) {
    ModelInferRequest.Builder infer =
        ModelInferRequest.newBuilder().setModelName(model.getName()).setId(request.getRequestId());
    if (request.getVersion() != 0) {
      infer.setModelVersion(Long.toString(request.getVersion()));
    }
    parameters(request, infer);
    for (TensorMetadata input : model.getInputsList()) {
      RequestTensor tensor = RequestTensor.of(request, named(input));
      if (RequestTensor.isHint(tensor.name())) {
        if (tensor.isPresent()) {
          put(tensor, input, infer);
        }
      } else if (tensor.isPresent() || hasFixedSize(input)) {
        put(tensor.fitted(input), input, infer);
      }
    }
    return infer.build().toByteArray();
  }

  private static void parameters(ScoreRequest request, ModelInferRequest.Builder infer) {
    if (!request.getBucket().isEmpty()) {
      infer.putParameters("bucket", text(request.getBucket()));
    }
    if (!request.getLabel().isEmpty()) {
      infer.putParameters("label", text(request.getLabel()));
    }
    if (request.getExact()) {
      infer.putParameters("exact", InferParameter.newBuilder().setBoolParam(true).build());
    }
    if (request.getTopK() > 0) {
      infer.putParameters("top_k", whole(request.getTopK()));
    }
    if (request.getTimeMs() > 0) {
      infer.putParameters("time_ms", whole(request.getTimeMs()));
    }
  }

  private static InferParameter text(String value) {
    return InferParameter.newBuilder().setStringParam(value).build();
  }

  private static InferParameter whole(long value) {
    return InferParameter.newBuilder().setInt64Param(value).build();
  }

  static boolean hasFixedSize(TensorMetadata input) {
    List<Long> shape = input.getShapeList();
    return !shape.isEmpty() && shape.getLast() > 1;
  }

  private static void put(
      RequestTensor tensor, TensorMetadata input, ModelInferRequest.Builder infer) {
    InferInputTensor.Builder head =
        infer
            .addInputsBuilder()
            .setName(input.getName())
            .setDatatype(tensor.datatype(input.getDatatype()));
    if (tensor.name().equals(RequestTensor.CODES)) {
      long levels = input.getShapeList().getLast();
      head.addShape(tensor.size() / levels).addShape(levels);
    } else {
      for (int i = 1; i < input.getShapeCount(); i++) {
        head.addShape(1);
      }
      head.addShape(tensor.size());
    }
    infer.addRawInputContents(ByteString.copyFrom(tensor.raw(input)));
  }

  @Override
  public Verdict read(byte[] answer, int scores) {
    ModelInferResponse response;
    try {
      response = ModelInferResponse.parseFrom(answer);
    } catch (InvalidProtocolBufferException _) {
      return Verdict.WRONG;
    }
    if (response.getOutputsCount() == 0 || elements(scoresOf(response)) != scores) {
      return Verdict.WRONG;
    }
    return response.containsParameters("degraded") ? Verdict.DEGRADED : Verdict.WHOLE;
  }

  /// The output that has the name of ours, else the first.
  private static InferOutputTensor scoresOf(ModelInferResponse response) {
    return response.getOutputsList().stream()
        .filter(output -> output.getName().equals(SCORES))
        .findFirst()
        .orElse(response.getOutputs(0));
  }

  private static long elements(InferOutputTensor output) {
    return output.getShapeList().stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b);
  }
}
