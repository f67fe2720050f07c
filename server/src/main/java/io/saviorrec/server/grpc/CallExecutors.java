package io.saviorrec.server.grpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallExecutorSupplier;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.server.config.LimitsConfig;
import java.util.concurrent.Executor;

/// Which thread takes a call up to the place where it waits, or is answered.
///
/// Scoring requests stay on the thread of their connection: to decode one, and to let it into the
/// queue, takes less than to hand it to another thread, and nothing of it blocks. What may take
/// longer goes to the handlers: other methods, and what must be decompressed.
final class CallExecutors implements ServerCallExecutorSupplier {
  /// A message of this size is decoded or refused within a few milliseconds, whatever is in it; as
  /// many bytes of the smallest frames take their connection longer.
  private static final int MOST_DIRECT_BYTES = 1 << 20;

  private static final String SCORE = ScoringGrpc.getScoreMethod().getFullMethodName();

  private final Executor handlers;
  private final boolean direct;

  CallExecutors(Executor handlers, LimitsConfig limits) {
    this.handlers = handlers;
    this.direct = limits.scoreBytes() <= MOST_DIRECT_BYTES;
  }

  @Override
  public <Q, A> Executor getExecutor(ServerCall<Q, A> call, Metadata headers) {
    boolean score = direct && SCORE.equals(call.getMethodDescriptor().getFullMethodName());
    return score && !compressed(headers) ? CallExecutors::run : handlers;
  }

  private static void run(Runnable task) {
    task.run();
  }

  private static boolean compressed(Metadata headers) {
    String encoding = headers.get(CallLedger.ENCODING);
    return encoding != null && !encoding.equals("identity");
  }
}
