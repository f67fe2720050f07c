package io.saviorrec.loadtest.measure;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.saviorrec.client.CallException;
import io.saviorrec.client.Channels;
import io.saviorrec.client.ClientConfig;
import io.saviorrec.proto.oip.GRPCInferenceServiceGrpc;
import io.saviorrec.proto.oip.ModelMetadataRequest;
import io.saviorrec.proto.oip.ModelMetadataResponse;
import io.saviorrec.proto.v1.ScoreRequest;
import java.util.List;

/// Asks a server of the Open Inference Protocol for the inputs of a model.
public final class ModelInputs {
  private ModelInputs() {}

  /// The model with its inputs.
  ///
  /// @param request what names the model
  /// @throws CallException when the server does not say
  public static ModelMetadataResponse ask(ClientConfig config, ScoreRequest request) {
    ModelMetadataRequest question =
        ModelMetadataRequest.newBuilder()
            .setName(request.getModel())
            .setVersion(request.getVersion() == 0 ? "" : Long.toString(request.getVersion()))
            .build();
    ManagedChannel channel = Channels.open(config, List.of());
    try {
      return ClientCalls.blockingUnaryCall(
          channel,
          GRPCInferenceServiceGrpc.getModelMetadataMethod(),
          CallOptions.DEFAULT.withDeadlineAfter(config.deadline()),
          question);
    } catch (StatusRuntimeException e) {
      throw CallException.of(e.getStatus(), config.target(), config.deadline(), e);
    } finally {
      channel.shutdownNow();
    }
  }
}
