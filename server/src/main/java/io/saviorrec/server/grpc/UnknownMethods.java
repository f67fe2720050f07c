package io.saviorrec.server.grpc;

import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.saviorrec.server.config.LimitsConfig;
import io.saviorrec.server.request.ErrorText;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/// Answers every method that the server does not have with UNIMPLEMENTED, as gRPC does, but without
/// repeating names of any length.
final class UnknownMethods extends HandlerRegistry {
  static final String METHOD = "unknown/unknown";

  private static final String NAME = "unknown";

  /// Streaming methods among them are not told apart.
  static MethodRules rules(LimitsConfig limits) {
    return new MethodRules(
        NAME,
        true,
        true,
        limits.lookupBytes(),
        "limits.lookupBytes",
        new MessageShape(),
        (body, _) -> new ByteArrayInputStream(body));
  }

  @Override
  public ServerMethodDefinition<?, ?> lookupMethod(String methodName, @Nullable String authority) {
    MethodDescriptor<InputStream, InputStream> method =
        MethodDescriptor.newBuilder(RawMessages.INSTANCE, RawMessages.INSTANCE)
            .setType(MethodDescriptor.MethodType.UNKNOWN)
            .setFullMethodName(METHOD)
            .build();
    return ServerMethodDefinition.create(
        method,
        (call, headers) -> {
          call.close(
              Status.UNIMPLEMENTED.withDescription(
                  "no such method: " + ErrorText.quote(methodName)),
              new Metadata());
          return new ServerCall.Listener<>() {};
        });
  }
}
