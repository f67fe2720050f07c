package io.saviorrec.server.grpc;

import io.grpc.netty.shaded.io.netty.channel.ChannelDuplexHandler;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandlerContext;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// Lets requests of one connection gather in its socket for a moment while more wait for a scoring
/// thread than the moment is long, so that an overloaded server reads, refuses and answers many of
/// them at once.
///
/// Otherwise every request that is refused wakes the connection's thread and takes a packet of its
/// own, in time that the scoring threads lack.
///
/// It is the connection's first handler, and used by its thread alone.
final class ReadPauses extends ChannelDuplexHandler {
  /// Of the time that what waits will take: so little that the threads do not run out of work, and
  /// that no caller feels it who waits anyway.
  private static final int PART = 16;

  private static final long LEAST_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long MOST_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private final LongSupplier waitNanos;
  private boolean paused;

  /// @param waitNanos how long new work would wait for a scoring thread
  ReadPauses(LongSupplier waitNanos) {
    this.waitNanos = waitNanos;
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    context.fireChannelReadComplete();
    long pause = Math.min(MOST_NANOS, waitNanos.getAsLong() / PART);
    if (pause >= LEAST_NANOS && !paused) {
      paused = true;
      var _ = context.channel().config().setAutoRead(false);
      var _ = context.executor().schedule(() -> resume(context), pause, TimeUnit.NANOSECONDS);
    }
  }

  private void resume(ChannelHandlerContext context) {
    paused = false;
    var _ = context.channel().config().setAutoRead(true);
  }

  /// HTTP/2's handler asks for more whenever nobody else does.
  @Override
  public void read(ChannelHandlerContext context) {
    if (!paused) {
      context.read();
    }
  }
}
