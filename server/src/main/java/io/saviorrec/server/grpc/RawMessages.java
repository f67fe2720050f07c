package io.saviorrec.server.grpc;

import io.grpc.MethodDescriptor;
import java.io.InputStream;

/// Messages as the streams that gRPC reads them from and writes them to, untouched.
enum RawMessages implements MethodDescriptor.Marshaller<InputStream> {
  INSTANCE;

  @Override
  public InputStream stream(InputStream value) {
    return value;
  }

  @Override
  public InputStream parse(InputStream stream) {
    return stream;
  }
}
