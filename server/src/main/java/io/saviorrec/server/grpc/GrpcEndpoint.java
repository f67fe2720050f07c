package io.saviorrec.server.grpc;

import io.grpc.Server;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionService;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.saviorrec.proto.oip.GRPCInferenceServiceGrpc;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.server.access.Callers;
import io.saviorrec.server.access.ServerTls;
import io.saviorrec.server.admission.ByteBudget;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.oip.InferRequest;
import io.saviorrec.server.request.CallObserver;
import io.saviorrec.server.scoring.ItemInquiry;
import io.saviorrec.server.scoring.ModelInquiry;
import io.saviorrec.server.scoring.Scorer;
import io.saviorrec.server.tracing.Tracing;
import io.saviorrec.server.upsert.ItemIntake;
import io.saviorrec.server.upsert.ItemUpkeep;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The gRPC server: Scoring, Items, the Open Inference Protocol, the standard health service and
/// reflection.
///
/// It listens from the start, so that a taken port is noticed before minutes of loading, and says
/// NOT_SERVING until [#serving].
public final class GrpcEndpoint implements AutoCloseable {
  private static final List<String> SERVICES =
      List.of(ScoringGrpc.SERVICE_NAME, ItemsGrpc.SERVICE_NAME);

  /// What the health service says SERVING of while the process answers, ready or not.
  private static final String LIVE = "live";

  /// Calls that wait for a handler have their messages in Netty's buffers, up to the window.
  private static final int HANDLER_QUEUE_CAPACITY = 1024;

  /// For the socket to take the last answers.
  private static final Duration FLUSH = Duration.ofSeconds(1);

  /// What the services call; each fails with UNAVAILABLE while the server is starting.
  ///
  /// @param admission fails when there is no room for a scoring request
  /// @param waitNanos how long new scoring requests would wait for a thread
  /// @param memory that calls may hold
  /// @param observer hears of the end of every call
  /// @param tracing gives calls their places in traces
  public record Backend(
      Supplier<Scorer> scorer,
      Supplier<ItemIntake> intake,
      Supplier<ItemUpkeep> upkeep,
      Supplier<ItemInquiry> inquiry,
      Supplier<ModelInquiry> models,
      Runnable admission,
      LongSupplier waitNanos,
      ByteBudget memory,
      CallObserver observer,
      Tracing tracing) {}

  private final Server server;
  private final HealthStatusManager health;
  private final AtomicBoolean ready;
  private final OpenStreams streams;
  private final ScoringService scoring;
  private final ThreadPoolExecutor handlers;
  private final ScheduledExecutorService timer;
  private final Connections connections;

  private GrpcEndpoint(
      Server server,
      HealthStatusManager health,
      AtomicBoolean ready,
      OpenStreams streams,
      ScoringService scoring,
      ThreadPoolExecutor handlers,
      ScheduledExecutorService timer,
      Connections connections) {
    this.server = server;
    this.health = health;
    this.ready = ready;
    this.streams = streams;
    this.scoring = scoring;
    this.handlers = handlers;
    this.timer = timer;
    this.connections = connections;
  }

  /// Listens at once, NOT_SERVING.
  ///
  /// @param tls null for plaintext
  /// @param callers who may do what
  /// @throws IOException when the address cannot be bound
  public static GrpcEndpoint start(
      ServerConfig config, @Nullable ServerTls tls, Callers callers, Backend backend)
      throws IOException {
    InetSocketAddress address =
        new InetSocketAddress(config.server().host(), config.server().port());
    return start(address, config, tls, callers, backend);
  }

  static GrpcEndpoint start(
      InetSocketAddress address,
      ServerConfig config,
      @Nullable ServerTls tls,
      Callers callers,
      Backend backend)
      throws IOException {
    HealthStatusManager health = new HealthStatusManager();
    SERVICES.forEach(service -> health.setStatus(service, ServingStatus.NOT_SERVING));
    health.setStatus(LIVE, ServingStatus.SERVING);
    health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, ServingStatus.NOT_SERVING);
    AtomicBoolean ready = new AtomicBoolean();
    ScheduledExecutorService timer = timer();
    ScoringService scoring =
        new ScoringService(
            backend.scorer(), backend.models(), timer, config.limits().longestCall());
    List<ServerServiceDefinition> services = services(config, backend, scoring, health, ready);
    Map<String, MethodRules> methods = MethodRules.of(config, services);
    OpenStreams streams = new OpenStreams(config.limits().streams());
    List<ServerInterceptor> interceptors = interceptors(backend, streams, methods);
    ThreadPoolExecutor handlers = handlers(config.server().handlerThreads());
    Connections connections = new Connections(config.connections(), backend.waitNanos());
    NettyServerBuilder builder =
        connections
            .builder(address, Credentials.of(tls))
            // Until it is known which method a call is of.
            .executor(Runnable::run)
            .callExecutor(new CallExecutors(handlers, config.limits()))
            .addTransportFilter(CallLedger.shares(backend.memory()))
            .addStreamTracerFactory(new CallLedger(methods, config.limits(), backend.observer()))
            .fallbackHandlerRegistry(new UnknownMethods())
            // Before those of the services, the last one first.
            .intercept(new TraceInterceptor(backend.tracing()))
            .intercept(new AccessInterceptor(callers));
    for (ServerServiceDefinition service : services) {
      builder.addService(
          ServerInterceptors.interceptForward(
              ServerInterceptors.useMarshalledMessages(service, RawMessages.INSTANCE),
              interceptors));
    }
    GrpcEndpoint endpoint =
        new GrpcEndpoint(
            builder.build(), health, ready, streams, scoring, handlers, timer, connections);
    try {
      endpoint.server.start();
    } catch (IOException e) {
      endpoint.close();
      throw e;
    }
    return endpoint;
  }

  /// What a call passes before its handler, in this order. All but the first throw request
  /// exceptions, which the first one turns into statuses.
  private static List<ServerInterceptor> interceptors(
      Backend backend, OpenStreams streams, Map<String, MethodRules> methods) {
    return List.of(
        new GuardInterceptor(method -> gate(method, backend)),
        streams,
        new DecodeInterceptor(methods));
  }

  private static List<ServerServiceDefinition> services(
      ServerConfig config,
      Backend backend,
      ScoringService scoring,
      HealthStatusManager health,
      AtomicBoolean ready) {
    List<ServerServiceDefinition> services = new ArrayList<>();
    if (config.oip().enabled()) {
      services.add(
          new InferenceService(
                  backend.scorer(),
                  backend.models(),
                  ready::get,
                  new InferRequest.Most(
                      config.scoring().maxCandidates(), config.limits().history()))
              .bindService());
    }
    Collections.addAll(
        services,
        scoring.bindService(),
        new ItemsService(backend.intake(), backend.upkeep(), backend.inquiry()).bindService(),
        health.getHealthService().bindService(),
        ProtoReflectionServiceV1.newInstance().bindService(),
        oldReflection());
    return services;
  }

  /// The version that tools of today still ask for, and no other.
  @SuppressWarnings("deprecation")
  private static ServerServiceDefinition oldReflection() {
    return ProtoReflectionService.newInstance().bindService();
  }

  private static void gate(String method, Backend backend) {
    if (method.equals(ScoringGrpc.getScoreMethod().getFullMethodName())
        || method.equals(ScoringGrpc.getScoreUsersMethod().getFullMethodName())
        || method.equals(GRPCInferenceServiceGrpc.getModelInferMethod().getFullMethodName())) {
      backend.admission().run();
    }
  }

  private static ThreadPoolExecutor handlers(int threads) {
    AtomicInteger next = new AtomicInteger();
    // Handlers never block, so when all are busy the transport's own thread lends a hand: that
    // slows down reading, which is what should happen.
    return new ThreadPoolExecutor(
        threads,
        threads,
        0,
        TimeUnit.SECONDS,
        new ArrayBlockingQueue<>(HANDLER_QUEUE_CAPACITY),
        task -> new Thread(task, "grpc-" + next.getAndIncrement()),
        new ThreadPoolExecutor.CallerRunsPolicy());
  }

  /// Ends requests of streams whose time is over.
  private static ScheduledExecutorService timer() {
    ScheduledThreadPoolExecutor timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().name("grpc-timer").daemon().factory());
    timer.setRemoveOnCancelPolicy(true);
    return timer;
  }

  public int port() {
    return server.getPort();
  }

  /// What the health service says from now on.
  ///
  /// @param ready whether the server as a whole, and Scoring, serves
  /// @param items whether Items does
  public void serving(boolean ready, boolean items) {
    this.ready.set(ready);
    health.setStatus(ScoringGrpc.SERVICE_NAME, status(ready));
    health.setStatus(ItemsGrpc.SERVICE_NAME, status(items));
    health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, status(ready));
  }

  private static ServingStatus status(boolean serving) {
    return serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  }

  /// From now on the health service says NOT_SERVING, for good.
  public void notServing() {
    ready.set(false);
    health.enterTerminalState();
  }

  /// Takes no new connections, asks clients to go elsewhere and serves every call that they had
  /// sent by then.
  ///
  /// @return whether all of them ended within the time
  public boolean shutdown(Duration timeout) {
    server.shutdown();
    streams.endAll();
    scoring.stopStreams();
    try {
      return server.awaitTermination(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /// Cuts off what is left.
  @Override
  public void close() {
    server.shutdownNow();
    try {
      server.awaitTermination(FLUSH.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      connections.close();
      handlers.shutdown();
      timer.shutdownNow();
    }
  }
}
