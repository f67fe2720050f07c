package io.saviorrec.server.grpc;

import io.grpc.ServerCredentials;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandler.Sharable;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandlerContext;
import io.grpc.netty.shaded.io.netty.channel.ChannelInboundHandlerAdapter;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.IoHandlerFactory;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.ServerChannel;
import io.grpc.netty.shaded.io.netty.channel.epoll.Epoll;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollIoHandler;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollServerSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
import io.saviorrec.server.config.ConnectionsConfig;
import io.saviorrec.server.request.FatalErrors;
import java.net.InetSocketAddress;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.logging.Logger;

/// The connections of the gRPC port and their threads.
///
/// gRPC has no limit on connections, so they are counted where Netty accepts them, and those above
/// the limit are closed before anything is read from them.
final class Connections implements AutoCloseable {
  private static final long CLOSE_SECONDS = 1;

  private final ConnectionsConfig config;
  private final LongSupplier waitNanos;
  private final EventLoopGroup accepting;
  private final EventLoopGroup serving;

  /// Kept, because the JDK forgets loggers that nobody holds, and their filters with them.
  @SuppressWarnings("UnusedVariable")
  private final List<Logger> peerFaults;

  /// @param waitNanos how long new work would wait for a scoring thread
  Connections(ConnectionsConfig config, LongSupplier waitNanos) {
    this.config = config;
    this.waitNanos = waitNanos;
    IoHandlerFactory io =
        Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    this.accepting = group(1, "grpc-accept", io);
    this.peerFaults =
        List.of(
            quiet("NettyServerStream"),
            quiet("NettyServerHandler"),
            quiet("NettyServerTransport.connections"));
    this.serving =
        group(Math.max(2, Runtime.getRuntime().availableProcessors()), "grpc-connection", io);
  }

  /// Where gRPC logs, with a stack trace for each call, that a peer has sent nonsense, too much or
  /// half of a message. The peer gets a status for it, and the observer of calls hears of it.
  private static Logger quiet(String name) {
    Logger logger = Logger.getLogger("io.grpc.netty.shaded.io.grpc.netty." + name);
    logger.setFilter(
        record -> {
          FatalErrors.endIfFatal(record.getThrown());
          return false;
        });
    return logger;
  }

  private static EventLoopGroup group(int threads, String name, IoHandlerFactory io) {
    return new MultiThreadIoEventLoopGroup(threads, new DefaultThreadFactory(name, true), io);
  }

  /// A server on these connections.
  ///
  /// @param credentials how connections are encrypted, and by whom
  NettyServerBuilder builder(InetSocketAddress address, ServerCredentials credentials) {
    Limit limit = new Limit(config.most(), waitNanos);
    return NettyServerBuilder.forAddress(address, credentials)
        .bossEventLoopGroup(accepting)
        .workerEventLoopGroup(serving)
        .channelFactory(() -> limit.before(listener()))
        .maxConcurrentCallsPerConnection(config.callsEach())
        // Each method has its own limit, which is kept while the message arrives.
        .maxInboundMessageSize(Integer.MAX_VALUE)
        .maxInboundMetadataSize(config.headerBytes())
        .flowControlWindow(config.windowBytes())
        .handshakeTimeout(config.handshakeTimeout().toMillis(), TimeUnit.MILLISECONDS)
        .permitKeepAliveWithoutCalls(true)
        .permitKeepAliveTime(config.permittedPing().toNanos(), TimeUnit.NANOSECONDS)
        .keepAliveTime(config.pingAfter().toNanos(), TimeUnit.NANOSECONDS)
        .keepAliveTimeout(config.pingTimeout().toNanos(), TimeUnit.NANOSECONDS)
        .maxConnectionIdle(config.maxIdle().toNanos(), TimeUnit.NANOSECONDS)
        .maxConnectionAge(config.maxAge().toNanos(), TimeUnit.NANOSECONDS)
        .maxConnectionAgeGrace(config.ageGrace().toNanos(), TimeUnit.NANOSECONDS);
  }

  private static ServerChannel listener() {
    return Epoll.isAvailable() ? new EpollServerSocketChannel() : new NioServerSocketChannel();
  }

  @Override
  public void close() {
    var _ = accepting.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS);
    var _ = serving.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS);
  }

  /// Sees every connection as it is accepted.
  private static final class Limit extends ChannelInboundHandlerAdapter {
    private final int most;
    private final LongSupplier waitNanos;

    /// The oldest first.
    private final Set<Channel> open = new LinkedHashSet<>();

    Limit(int most, LongSupplier waitNanos) {
      this.most = most;
      this.waitNanos = waitNanos;
    }

    ServerChannel before(ServerChannel listener) {
      listener.pipeline().addFirst(this);
      return listener;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object accepted) {
      if (!(accepted instanceof Channel connection)) {
        context.fireChannelRead(accepted);
        return;
      }
      if (!enter(connection)) {
        connection.unsafe().closeForcibly();
        return;
      }
      var _ = connection.closeFuture().addListener(_ -> leave(connection));
      connection
          .pipeline()
          .addFirst(new ReadPauses(waitNanos), OutOfMemory.WATCH)
          .addLast(new Http2Setup());
      context.fireChannelRead(connection);
    }

    private synchronized boolean enter(Channel connection) {
      if (open.size() >= most && !makeRoom()) {
        return false;
      }
      open.add(connection);
      return true;
    }

    /// Closes the oldest connection that has no call; its client connects again when it has one.
    private boolean makeRoom() {
      for (Channel each : open) {
        if (idle(each)) {
          open.remove(each);
          var _ = each.close();
          return true;
        }
      }
      return false;
    }

    /// Its own thread may be about to begin a call, which its client then tries again.
    private static boolean idle(Channel connection) {
      Http2ConnectionHandler http2 = connection.pipeline().get(Http2ConnectionHandler.class);
      return http2 == null || http2.connection().numActiveStreams() == 0;
    }

    private synchronized void leave(Channel connection) {
      open.remove(connection);
    }
  }

  /// Hears of what reading from a connection throws before gRPC does, which would go on.
  @Sharable
  private static final class OutOfMemory extends ChannelInboundHandlerAdapter {
    private static final OutOfMemory WATCH = new OutOfMemory();

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      FatalErrors.endIfFatal(cause);
      context.fireExceptionCaught(cause);
    }
  }
}
