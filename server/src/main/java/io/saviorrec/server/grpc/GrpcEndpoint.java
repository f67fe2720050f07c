package io.saviorrec.server.grpc;

import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerInterceptors;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.request.CallObserver;
import io.saviorrec.server.scoring.ItemInquiry;
import io.saviorrec.server.scoring.Scorer;
import io.saviorrec.server.tracing.Tracing;
import io.saviorrec.server.upsert.ItemIntake;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/// The gRPC server: Scoring, Items, the standard health service and reflection.
///
/// It listens from the start, so that a taken port is noticed before minutes of loading, and says
/// NOT_SERVING until [#serving].
public final class GrpcEndpoint implements AutoCloseable {
  private static final List<String> SERVICES =
      List.of(ScoringGrpc.SERVICE_NAME, ItemsGrpc.SERVICE_NAME);
  private static final int HANDLER_QUEUE_CAPACITY = 4096;

  /// Answers are on their way when their lane has drained; this is for the socket to take them.
  private static final Duration FLUSH = Duration.ofSeconds(1);

  /// What the services call; each fails with UNAVAILABLE while the server is starting or draining.
  ///
  /// @param admission fails when there is no room for a scoring request
  /// @param observer hears of the end of every call
  /// @param tracing gives calls their places in traces
  public record Backend(
      Supplier<Scorer> scorer,
      Supplier<ItemIntake> intake,
      Supplier<ItemInquiry> inquiry,
      Runnable admission,
      CallObserver observer,
      Tracing tracing) {}

  private final Server server;
  private final HealthStatusManager health;
  private final ThreadPoolExecutor handlers;

  private GrpcEndpoint(Server server, HealthStatusManager health, ThreadPoolExecutor handlers) {
    this.server = server;
    this.health = health;
    this.handlers = handlers;
  }

  /// Listens at once, NOT_SERVING.
  ///
  /// @throws IOException when the address cannot be bound
  public static GrpcEndpoint start(ServerConfig.Grpc config, Backend backend) throws IOException {
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress(config.host(), config.port()))
            .maxConcurrentCallsPerConnection(config.maxCallsPerConnection())
            .maxInboundMessageSize(config.maxRequestBytes());
    return start(builder, config.handlerThreads(), backend);
  }

  /// On any transport.
  static GrpcEndpoint start(ServerBuilder<?> builder, int handlerThreads, Backend backend)
      throws IOException {
    HealthStatusManager health = new HealthStatusManager();
    SERVICES.forEach(service -> health.setStatus(service, ServingStatus.NOT_SERVING));
    health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, ServingStatus.NOT_SERVING);
    GuardInterceptor guard = new GuardInterceptor(method -> gate(method, backend));
    ThreadPoolExecutor handlers = handlers(handlerThreads);
    Server server =
        builder
            .executor(handlers)
            .intercept(new CallEnds(backend.observer()))
            .intercept(new TraceInterceptor(backend.tracing()))
            .addService(ServerInterceptors.intercept(new ScoringService(backend.scorer()), guard))
            .addService(
                ServerInterceptors.intercept(
                    new ItemsService(backend.intake(), backend.inquiry()), guard))
            .addService(health.getHealthService())
            .addService(ProtoReflectionServiceV1.newInstance())
            .build();
    try {
      server.start();
    } catch (IOException e) {
      handlers.shutdownNow();
      throw e;
    }
    return new GrpcEndpoint(server, health, handlers);
  }

  private static void gate(String method, Backend backend) {
    if (method.equals(ScoringGrpc.getScoreMethod().getFullMethodName())) {
      backend.admission().run();
    }
  }

  private static ThreadPoolExecutor handlers(int threads) {
    AtomicInteger next = new AtomicInteger();
    // Handlers never block, so when all are busy the transport's own thread lends a hand: that
    // slows
    // down reading, which is what should happen.
    return new ThreadPoolExecutor(
        threads,
        threads,
        0,
        TimeUnit.SECONDS,
        new ArrayBlockingQueue<>(HANDLER_QUEUE_CAPACITY),
        task -> new Thread(task, "grpc-" + next.getAndIncrement()),
        new ThreadPoolExecutor.CallerRunsPolicy());
  }

  public int port() {
    return server.getPort();
  }

  /// From now on the health service says SERVING.
  public void serving() {
    SERVICES.forEach(service -> health.setStatus(service, ServingStatus.SERVING));
    health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, ServingStatus.SERVING);
  }

  /// From now on the health service says NOT_SERVING, for good.
  public void notServing() {
    health.enterTerminalState();
  }

  /// Takes no new connections and waits for `work`, which ends the calls in flight.
  public void shutdown(Runnable work) {
    server.shutdown();
    work.run();
    try {
      // Health watchers never end on their own; they are cut off.
      if (!server.awaitTermination(FLUSH.toNanos(), TimeUnit.NANOSECONDS)) {
        server.shutdownNow();
        server.awaitTermination(FLUSH.toNanos(), TimeUnit.NANOSECONDS);
      }
    } catch (InterruptedException e) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    }
    handlers.shutdown();
  }

  @Override
  public void close() {
    server.shutdownNow();
    handlers.shutdownNow();
  }
}
