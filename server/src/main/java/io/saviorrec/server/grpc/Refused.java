package io.saviorrec.server.grpc;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/// A status on its way to the caller. It carries no stack trace: a server that sheds load must not
/// spend its time on walking stacks.
final class Refused extends StatusRuntimeException {
  private static final long serialVersionUID = 1L;

  Refused(Status status, Metadata trailers) {
    super(status, trailers);
  }

  @Override
  public Throwable fillInStackTrace() {
    return this;
  }
}
