package io.saviorrec.server;

import io.saviorrec.command.BuildVersion;
import io.saviorrec.server.admin.AdminServer;
import io.saviorrec.server.admin.ModelStatus;
import io.saviorrec.server.admission.Admission;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.capture.RequestCapture;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.grpc.GrpcEndpoint;
import io.saviorrec.server.logging.LogMetrics;
import io.saviorrec.server.metrics.RequestMetrics;
import io.saviorrec.server.metrics.ServerMetrics;
import io.saviorrec.server.metrics.UpsertMetrics;
import io.saviorrec.server.registry.LiveModel;
import io.saviorrec.server.registry.Registry;
import io.saviorrec.server.registry.RepositoryLoader;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.scoring.ItemInquiry;
import io.saviorrec.server.scoring.RequestRecorder;
import io.saviorrec.server.scoring.Scorer;
import io.saviorrec.server.scoring.WarmUp;
import io.saviorrec.server.store.ItemStore;
import io.saviorrec.server.store.SentItems;
import io.saviorrec.server.tracing.Tracing;
import io.saviorrec.server.upsert.ItemIntake;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A running server: the object graph, wired by hand, and the order in which it starts and stops.
///
/// Start: a look whether there are models; the ports, so that a taken one is noticed at once; the
/// item store; the models, each checked, loaded and replayed; stored items that a new encoder has
/// not seen; warm-up; only then SERVING.
///
/// Stop: NOT_SERVING and UNAVAILABLE for new calls; admitted calls end within the drain bound; then
/// what was started, in reverse.
public final class Server implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Server.class);

  /// The parts that a test replaces.
  ///
  /// @param store opens the item store
  /// @param engines makes the engine of a bundle
  record Parts(Function<Path, ItemStore> store, RepositoryLoader.EngineLoader engines) {}

  /// What answers requests once everything is loaded.
  private record Live(Registry registry, Scorer scorer, ItemIntake intake, ItemInquiry inquiry) {}

  private enum Phase {
    STARTING,
    SERVING,
    DRAINING
  }

  private final ServerConfig config;
  private final Admission scoringAdmission;
  private final Lane scoringLane;
  private final Lane encodeLane;
  private final ServerMetrics metrics = new ServerMetrics();
  private final RequestMetrics requestMetrics = new RequestMetrics(metrics.group());
  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private final Tracing tracing;
  private final GrpcEndpoint endpoint;
  private final AdminServer admin;
  private volatile Phase phase = Phase.STARTING;
  private volatile @Nullable Live live;

  private Server(ServerConfig config) {
    this.config = config;
    started.push(metrics);
    BuildVersion build = BuildVersion.read();
    ServerGauges.build(metrics.group(), build);
    started.push(LogMetrics.count(metrics.group()));
    this.tracing = Tracing.start(config.tracing(), build.version(), metrics.group());
    started.push(tracing);
    this.scoringAdmission =
        new Admission("scoring", config.engine().threads(), config.engine().queueCapacity());
    this.scoringLane = new Lane("scoring", scoringAdmission, System::nanoTime);
    started.push(() -> scoringLane.drain(0));
    this.encodeLane =
        new Lane(
            "encoding",
            new Admission(
                "encoding", config.items().encodeThreads(), config.items().encodeQueueCapacity()),
            System::nanoTime);
    started.push(() -> encodeLane.drain(0));
    try {
      this.endpoint = listenGrpc();
      started.push(endpoint);
      this.admin = listenHttp();
      started.push(admin);
    } catch (RuntimeException e) {
      closeStarted();
      throw e;
    }
  }

  /// Starts and returns when the server is serving.
  static Server start(Path repository, ServerConfig config, Parts parts) {
    List<Path> versions = RepositoryLoader.find(repository);
    log.info("settings: {}", config.describe());
    Server server = new Server(config);
    try {
      server.load(repository, versions, parts);
      return server;
    } catch (Throwable e) {
      server.close();
      throw e;
    }
  }

  private GrpcEndpoint listenGrpc() {
    try {
      return GrpcEndpoint.start(
          config.server(),
          new GrpcEndpoint.Backend(
              () -> live().scorer(),
              () -> live().intake(),
              () -> live().inquiry(),
              this::admit,
              requestMetrics,
              tracing));
    } catch (IOException e) {
      throw cannotListen("gRPC", config.server().host(), config.server().port(), "--port", e);
    }
  }

  private AdminServer listenHttp() {
    ServerConfig.Metrics http = config.metrics();
    try {
      return AdminServer.start(
          new InetSocketAddress(http.host(), http.port()), metrics, this::status);
    } catch (IOException e) {
      throw cannotListen("metrics", http.host(), http.port(), "--metrics-port", e);
    }
  }

  private static StartupException cannotListen(
      String what, String host, int port, String option, IOException e) {
    return new StartupException(
        "cannot listen on "
            + host
            + ":"
            + port
            + " for "
            + what
            + ": "
            + (taken(e) ? "the port is in use; choose another with " + option : e.getMessage()),
        e);
  }

  /// The JDK says it by the type, Netty's native transport by the message alone.
  private static boolean taken(Throwable e) {
    Throwable cause = e;
    while (cause != null) {
      if (cause instanceof BindException
          || String.valueOf(cause.getMessage()).contains("Address already in use")) {
        return true;
      }
      cause = cause.getCause();
    }
    return false;
  }

  private void load(Path repository, List<Path> versions, Parts parts) {
    ItemStore store =
        new CountedStore(parts.store().apply(storeDirectory(repository)), metrics.group());
    started.push(store);
    SentItems sent = new SentItems(store, config.items().representationCapacity());
    Registry registry =
        new Registry(new RepositoryLoader(config, parts.engines(), sent, metrics).load(versions));
    started.push(registry);
    ItemIntake intake =
        new ItemIntake(
            registry, sent, config.items(), encodeLane, new UpsertMetrics(metrics.group()));
    intake.encodeMissing();
    int maxCandidates = config.scoring().maxCandidates();
    Scorer scorer =
        new Scorer(registry, scoringLane, maxCandidates, requestMetrics, startCapture());
    new WarmUp(config, registry, scorer, scoringLane).run();
    ServerGauges.register(metrics.group(), scoringLane, encodeLane, sent);
    live =
        new Live(registry, scorer, intake, new ItemInquiry(registry, scoringLane, maxCandidates));
    phase = Phase.SERVING;
    endpoint.serving();
    log.info(
        "serving {} on gRPC port {}, metrics on HTTP port {}, default model {}",
        registry.current(),
        endpoint.port(),
        admin.port(),
        registry.current().router().defaultModel());
  }

  private RequestRecorder startCapture() {
    String directory = config.capture().directory();
    if (directory == null) {
      return RequestRecorder.NONE;
    }
    RequestCapture capture =
        RequestCapture.start(Path.of(directory), config.capture(), metrics.group());
    started.push(capture);
    return capture;
  }

  /// Beside the repository and not in it: a repository is immutable and may be read-only.
  private Path storeDirectory(Path repository) {
    String configured = config.items().storeDirectory();
    if (configured != null) {
      return Path.of(configured);
    }
    Path absolute = repository.toAbsolutePath().normalize();
    return absolute.resolveSibling(absolute.getFileName() + "-items");
  }

  /// Refuses a scoring request that has no chance, before it is decoded.
  private void admit() {
    try {
      live();
      scoringAdmission.requireRoom();
    } catch (RequestException e) {
      requestMetrics.refused(e.code().name());
      throw e;
    }
  }

  private Live live() {
    Live now = live;
    if (phase != Phase.SERVING || now == null) {
      throw new RequestException(
          ErrorCode.UNAVAILABLE,
          phase == Phase.STARTING ? "the server is starting" : "the server is shutting down");
    }
    return now;
  }

  private AdminServer.Status status() {
    return new AdminServer.Status(
        phase.name().toLowerCase(Locale.ROOT),
        phase == Phase.SERVING,
        config.server().host() + ":" + endpoint.port(),
        models());
  }

  private List<ModelStatus> models() {
    Live now = live;
    if (phase != Phase.SERVING || now == null) {
      return List.of();
    }
    return now.registry().current().all().stream().map(Server::status).toList();
  }

  private static ModelStatus status(LiveModel model) {
    return new ModelStatus(
        model.model(),
        model.version(),
        model.variant(),
        model.manifest().lineage().dataSet(),
        model.manifest().createdAt(),
        model.items().trainedItems(),
        model.states().table().cached());
  }

  int grpcPort() {
    return endpoint.port();
  }

  int metricsPort() {
    return admin.port();
  }

  /// Refuses new calls from now on; those in flight go on.
  void drain() {
    phase = Phase.DRAINING;
    endpoint.notServing();
  }

  /// Drains and stops; done once, however often it is called.
  @Override
  public synchronized void close() {
    if (started.isEmpty()) {
      return;
    }
    drain();
    long timeout = config.server().drainTimeout().toNanos();
    long deadline = System.nanoTime() + timeout;
    AtomicBoolean drained = new AtomicBoolean();
    endpoint.shutdown(
        () -> {
          boolean scored = scoringLane.drain(timeout);
          boolean encoded = encodeLane.drain(Math.max(0, deadline - System.nanoTime()));
          drained.set(scored && encoded);
        });
    if (drained.get()) {
      closeStarted();
    } else {
      // Freeing a model or the store under a running call would crash the process.
      log.warn("calls in flight did not end within server.drainTimeout; leaving them to the exit");
      admin.close();
      started.clear();
    }
    log.info("stopped");
  }

  private void closeStarted() {
    while (!started.isEmpty()) {
      try {
        started.pop().close();
      } catch (Exception e) {
        log.error("cannot close cleanly", e);
      }
    }
  }
}
