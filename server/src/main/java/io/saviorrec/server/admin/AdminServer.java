package io.saviorrec.server.admin;

import io.grpc.netty.shaded.io.netty.bootstrap.ServerBootstrap;
import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.ChannelFuture;
import io.grpc.netty.shaded.io.netty.channel.ChannelInitializer;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.SocketChannel;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import io.grpc.netty.shaded.io.netty.handler.codec.http.HttpDecoderConfig;
import io.grpc.netty.shaded.io.netty.handler.codec.http.HttpServerCodec;
import io.grpc.netty.shaded.io.netty.handler.ssl.ClientAuth;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslProvider;
import io.saviorrec.server.access.Callers;
import io.saviorrec.server.access.ServerTls;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// The HTTP endpoint for people and machines that look after the server: `/metrics`, `/healthz`,
/// `/readyz`, `/models`, `/config`, a status page at `/` and the explorer.
/*
 * Nothing starves health: one thread owns every connection and never waits. What it waits for, a
 * request's next byte or a reader that does not read, is the event loop's business and bounded by
 * Exchange's timeouts; pages that take time are made by threads of their own. A connection answers
 * one request. When there are as many connections as there may be, the oldest that only waits is
 * closed for the new one: a request that is whole is answered long before its turn comes.
 */
// Netty's futures: what fails there is a connection that is gone.
@SuppressWarnings("FutureReturnValueIgnored")
public final class AdminServer implements AutoCloseable {
  private static final int MOST_CONNECTIONS = 128;
  private static final int BACKLOG = 4096;
  private static final int LONGEST_REQUEST_LINE = 2048;
  private static final int LONGEST_HEADERS = 16 << 10;
  private static final int PAGE_THREADS = 2;
  private static final int PAGE_QUEUE = 16;
  private static final int SECTION_QUEUE = 128;
  private static final int MOST_UPLOADS = 4;

  private record Connection(Channel channel, Exchange exchange) {}

  private final EventLoopGroup loop;
  private final ThreadPoolExecutor pageMakers;
  private final ThreadPoolExecutor sectionMakers;
  private final Channel listener;

  private AdminServer(
      EventLoopGroup loop,
      ThreadPoolExecutor pageMakers,
      ThreadPoolExecutor sectionMakers,
      Channel listener) {
    this.loop = loop;
    this.pageMakers = pageMakers;
    this.sectionMakers = sectionMakers;
    this.listener = listener;
  }

  /// Listens at once.
  ///
  /// @param tls null for plain HTTP
  /// @param callers who may see more than health
  /// @throws IOException when the address cannot be bound
  public static AdminServer start(
      InetSocketAddress address, @Nullable ServerTls tls, Callers callers, Pages pages)
      throws IOException {
    return start(address, tls, callers, pages, Exchange.Patience.DEFAULT);
  }

  static AdminServer start(
      InetSocketAddress address,
      @Nullable ServerTls tls,
      Callers callers,
      Pages pages,
      Exchange.Patience patience)
      throws IOException {
    SslContext ssl = tls == null ? null : sslContext(tls);
    ThreadFactory thread = task -> new Thread(task, "admin-http");
    EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, thread, NioIoHandler.newFactory());
    ThreadPoolExecutor pageMakers = makers("admin-page", PAGE_QUEUE);
    // Of its own, so that the many pictures of a page never hold up a scrape.
    ThreadPoolExecutor sectionMakers = makers("admin-section", SECTION_QUEUE);
    Semaphore uploads = new Semaphore(MOST_UPLOADS);
    Deque<Connection> connections = new ArrayDeque<>();
    ChannelFuture bound =
        new ServerBootstrap()
            .group(loop)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    Exchange exchange =
                        new Exchange(callers, pages, pageMakers, sectionMakers, uploads, patience);
                    makeRoom(connections, new Connection(channel, exchange));
                    if (ssl != null) {
                      channel.pipeline().addLast(ssl.newHandler(channel.alloc()));
                    }
                    channel
                        .pipeline()
                        .addLast(
                            new HttpServerCodec(
                                new HttpDecoderConfig()
                                    .setMaxInitialLineLength(LONGEST_REQUEST_LINE)
                                    .setMaxHeaderSize(LONGEST_HEADERS)),
                            exchange);
                  }
                })
            .bind(address)
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
      pageMakers.shutdownNow();
      sectionMakers.shutdownNow();
      throw new IOException(bound.cause().getMessage(), bound.cause());
    }
    return new AdminServer(loop, pageMakers, sectionMakers, bound.channel());
  }

  private static ThreadPoolExecutor makers(String name, int queue) {
    return new ThreadPoolExecutor(
        PAGE_THREADS,
        PAGE_THREADS,
        0,
        TimeUnit.SECONDS,
        new ArrayBlockingQueue<>(queue),
        task -> new Thread(task, name));
  }

  /// On the event loop's one thread, as all that touches `connections`. Those for which a page is
  /// being made are few, and are spared.
  private static void makeRoom(Deque<Connection> connections, Connection newest) {
    if (connections.size() >= MOST_CONNECTIONS) {
      connections.stream()
          .filter(connection -> !connection.exchange.makingPage())
          .findFirst()
          .orElse(connections.getFirst())
          .channel
          .close();
    }
    connections.addLast(newest);
    newest.channel.closeFuture().addListener(closed -> connections.remove(newest));
  }

  /// A certificate is never demanded, because health is for everybody.
  private static SslContext sslContext(ServerTls tls) throws SSLException {
    SslContextBuilder builder =
        SslContextBuilder.forServer(tls.keys())
            .sslProvider(SslProvider.JDK)
            .protocols("TLSv1.3", "TLSv1.2");
    if (tls.authorities() != null) {
      builder.trustManager(tls.authorities()).clientAuth(ClientAuth.OPTIONAL);
    }
    return builder.build();
  }

  public int port() {
    return ((InetSocketAddress) listener.localAddress()).getPort();
  }

  @Override
  public void close() {
    listener.close().awaitUninterruptibly();
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    pageMakers.shutdownNow();
    sectionMakers.shutdownNow();
    try {
      // What a section reads is closed after this.
      var _ = sectionMakers.awaitTermination(1, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
