package io.saviorrec.server.oip;

import io.saviorrec.proto.oip.ModelMetadataResponse;
import io.saviorrec.proto.oip.ModelMetadataResponse.TensorMetadata;
import io.saviorrec.proto.v1.Column;
import io.saviorrec.proto.v1.GetModelResponse;
import java.util.List;

/// What a model takes and gives, as tensors of the protocol.
public final class InferMetadata {
  private static final int ANY = -1;

  private InferMetadata() {}

  public static ModelMetadataResponse of(GetModelResponse model) {
    ModelMetadataResponse.Builder metadata =
        ModelMetadataResponse.newBuilder()
            .setName(model.getModel())
            .setPlatform("saviorrec_" + model.getVariant())
            .addInputs(tensor(InferRequest.CANDIDATES, InputTensor.INT64, ANY))
            .addInputs(tensor(InferRequest.USER, InputTensor.INT64, 1))
            .addInputs(tensor(InferRequest.HISTORY, InputTensor.INT64, ANY))
            .addInputs(tensor(InferRequest.HISTORY_TIMES, InputTensor.INT64, ANY))
            .addInputs(tensor(InferRequest.BASES, InputTensor.FP32, ANY))
            .addOutputs(tensor(InferAnswer.PCTR, InputTensor.FP32, ANY))
            .addOutputs(tensor(InferAnswer.SOURCE, InputTensor.BYTES, ANY))
            .addOutputs(tensor(InferAnswer.RANKED, InputTensor.INT64, ANY));
    model.getVersionsList().forEach(each -> metadata.addVersions(Long.toString(each.getVersion())));
    columns(metadata, InferRequest.PROFILE, model.getProfileList());
    columns(metadata, InferRequest.CONTEXT, model.getContextList());
    metadata
        .addInputs(tensor(InferRequest.CATEGORIES, InputTensor.BYTES, ANY))
        .addInputs(
            tensor(InferRequest.CODES, InputTensor.INT64, ANY).toBuilder()
                .addShape(model.getLevels()));
    model
        .getItemStatsList()
        .forEach(
            name -> metadata.addInputs(tensor(InferRequest.STATS + name, InputTensor.FP32, ANY)));
    if (model.getTasteWidth() > 0) {
      metadata.addInputs(tensor(InferRequest.TASTE, InputTensor.FP32, model.getTasteWidth()));
    }
    return metadata.build();
  }

  private static void columns(
      ModelMetadataResponse.Builder metadata, String prefix, List<Column> columns) {
    for (Column column : columns) {
      String datatype = column.getKind() == Column.Kind.TEXT ? InputTensor.BYTES : InputTensor.FP64;
      metadata.addInputs(tensor(prefix + column.getName(), datatype, 1));
    }
  }

  private static TensorMetadata tensor(String name, String datatype, long size) {
    return TensorMetadata.newBuilder().setName(name).setDatatype(datatype).addShape(size).build();
  }
}
