package io.saviorrec.server;

import io.saviorrec.command.BuildVersion;
import io.saviorrec.config.Settings;
import io.saviorrec.server.access.Callers;
import io.saviorrec.server.access.ServerTls;
import io.saviorrec.server.access.WatchedFiles;
import io.saviorrec.server.admin.AdminServer;
import io.saviorrec.server.admin.Page;
import io.saviorrec.server.admin.Pages;
import io.saviorrec.server.admin.ServerStatus;
import io.saviorrec.server.admission.Admission;
import io.saviorrec.server.admission.ByteBudget;
import io.saviorrec.server.admission.Overload;
import io.saviorrec.server.admission.QueueBounds;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.capture.RequestCapture;
import io.saviorrec.server.config.AdminConfig;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.explore.ExplorerSection;
import io.saviorrec.server.exposures.ExposureLog;
import io.saviorrec.server.grpc.GrpcEndpoint;
import io.saviorrec.server.health.HealthClock;
import io.saviorrec.server.health.ModelHealth;
import io.saviorrec.server.health.Readiness;
import io.saviorrec.server.health.Readiness.Phase;
import io.saviorrec.server.health.StoreHealth;
import io.saviorrec.server.logging.LogMetrics;
import io.saviorrec.server.metrics.Meters;
import io.saviorrec.server.metrics.RequestMetrics;
import io.saviorrec.server.metrics.ServerMetrics;
import io.saviorrec.server.metrics.UpsertMetrics;
import io.saviorrec.server.registry.BundleWatcher;
import io.saviorrec.server.registry.Registry;
import io.saviorrec.server.registry.ReloadReport;
import io.saviorrec.server.registry.Reloader;
import io.saviorrec.server.registry.RepositoryLoader;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.scoring.AsideScoring;
import io.saviorrec.server.scoring.ItemInquiry;
import io.saviorrec.server.scoring.ModelInquiry;
import io.saviorrec.server.scoring.RequestRecorder;
import io.saviorrec.server.scoring.Scorer;
import io.saviorrec.server.scoring.SelfProbe;
import io.saviorrec.server.store.ItemStore;
import io.saviorrec.server.store.SentItems;
import io.saviorrec.server.tracing.Tracing;
import io.saviorrec.server.upsert.Backlog;
import io.saviorrec.server.upsert.ItemIntake;
import io.saviorrec.server.upsert.ItemUpkeep;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A running server: the object graph, wired by hand, and the order in which it starts and stops.
///
/// Start: a look whether there are models; the ports, so that a taken one is noticed at once; the
/// item store; the models, each checked, loaded and replayed; warm-up; only then SERVING. Stored
/// items that a new encoder has not seen are encoded beside calls.
///
/// Stop: NOT_SERVING; a pause in which every call is still taken, so that nobody is refused before
/// he could turn away; GOAWAY; calls in flight end within the drain bound; then what was started,
/// in reverse.
public final class Server implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Server.class);

  /// The parts that a test replaces.
  ///
  /// @param store opens the item store
  /// @param engines makes the engine of a bundle
  /// @param gauges shows what these parts have to show
  record Parts(
      Function<Path, ItemStore> store,
      RepositoryLoader.EngineLoader engines,
      Consumer<Meters> gauges) {
    Parts(Function<Path, ItemStore> store, RepositoryLoader.EngineLoader engines) {
      this(store, engines, _ -> {});
    }
  }

  /// What answers requests once everything is loaded.
  private record Live(
      Registry registry,
      Scorer scorer,
      ItemIntake intake,
      ItemUpkeep upkeep,
      ItemInquiry inquiry,
      ModelInquiry models,
      Reloader reloader,
      ExplorerSection.@Nullable Parts explorer) {}

  private final ServerConfig config;
  private final Admission scoringAdmission;
  private final Overload overload;
  private final Lane scoringLane;
  private final Lane encodeLane;
  private final Lane storeLane;
  private final ServerMetrics metrics = new ServerMetrics();
  private final RequestMetrics requestMetrics = new RequestMetrics(metrics.group());
  private final ByteBudget memory;
  private final Deque<AutoCloseable> started = new ArrayDeque<>();

  /// Those of [#started] that no call can be running in, and whose end loses less than the exit's.
  private final Deque<AutoCloseable> apart = new ArrayDeque<>();

  private final Tracing tracing;
  private final GrpcEndpoint endpoint;
  private final @Nullable ExplorerSection explorer;
  private final AdminServer admin;
  private final Readiness readiness = new Readiness();
  private final ModelHealth modelHealth;
  private final StoreHealth storeHealth;
  private final WatchedFiles files;
  private final RoutingFile routing;
  private final AtomicBoolean closing = new AtomicBoolean();
  private final CountDownLatch hurried = new CountDownLatch(1);
  private volatile @Nullable Live live;

  private Server(ServerConfig config) {
    this.config = config;
    started.push(metrics);
    HealthClock clock = new HealthClock();
    started.push(clock);
    this.modelHealth =
        new ModelHealth(
            readiness,
            config.health().failuresInRow(),
            config.health().probeInterval(),
            clock,
            System::nanoTime);
    this.storeHealth = new StoreHealth(readiness, config.health().failuresInRow(), clock);
    this.files = new WatchedFiles(config.tls().reloadInterval());
    started.push(files);
    this.memory =
        new ByteBudget(config.limits().inFlightBytes(), config.limits().connectionBytes());
    BuildVersion build = BuildVersion.read();
    ServerGauges.build(metrics.group(), build);
    ServerGauges.health(metrics.group(), readiness);
    started.push(LogMetrics.count(metrics.group()));
    this.tracing = Tracing.start(config.tracing(), build.version(), metrics.group());
    started.push(tracing);
    this.scoringAdmission =
        new Admission(
            "scoring",
            config.engine().threads(),
            config.engine().queueCapacity(),
            new QueueBounds(config.overload().queueTime(), config.overload().latencyTarget(), true),
            System::nanoTime);
    this.overload = new Overload(scoringAdmission, config.overload());
    this.scoringLane = new Lane("scoring", scoringAdmission, System::nanoTime);
    started.push(() -> scoringLane.drain(0));
    this.encodeLane =
        new Lane(
            "encoding",
            new Admission(
                "encoding", config.items().encodeThreads(), config.items().encodeQueueCapacity()),
            System::nanoTime);
    started.push(() -> encodeLane.drain(0));
    this.storeLane =
        new Lane(
            "storing",
            new Admission("storing", 1, config.items().encodeQueueCapacity()),
            System::nanoTime);
    started.push(() -> storeLane.drain(0));
    try {
      ServerTls tls = ServerTls.open(config.tls(), files);
      ServerGauges.certificate(metrics.group(), tls);
      Callers callers = Callers.open(config.access(), files);
      this.routing = RoutingFile.open(config.routing(), files);
      Exposure.warnings(config).forEach(log::warn);
      this.endpoint = listenGrpc(tls, callers);
      started.push(endpoint);
      this.explorer = openExplorer();
      this.admin = listenHttp(config.admin().tls() ? tls : null, callers);
      started.push(admin);
    } catch (RuntimeException e) {
      close(started);
      throw e;
    }
  }

  /// Starts and returns when the server is serving.
  static Server start(Path repository, ServerConfig config, Parts parts) {
    StartTimes times = new StartTimes();
    List<Path> _ = RepositoryLoader.find(repository);
    log.info("settings: {}", config.describe());
    Server server = new Server(config);
    times.done("ports");
    try {
      server.load(repository, parts, times);
      return server;
    } catch (Throwable e) {
      server.close();
      throw e;
    }
  }

  private GrpcEndpoint listenGrpc(@Nullable ServerTls tls, Callers callers) {
    try {
      return GrpcEndpoint.start(
          config,
          tls,
          callers,
          new GrpcEndpoint.Backend(
              () -> live().scorer(),
              () -> live().intake(),
              () -> live().upkeep(),
              () -> live().inquiry(),
              () -> live().models(),
              this::admit,
              overload::waitNanos,
              memory,
              requestMetrics,
              tracing));
    } catch (IOException e) {
      throw StartupException.cannotListen(
          "gRPC", config.server().host(), config.server().port(), "--port", e);
    }
  }

  private AdminServer listenHttp(@Nullable ServerTls tls, Callers callers) {
    AdminConfig http = config.admin();
    Pages pages =
        new Pages(
            readiness,
            this::metricsPage,
            this::status,
            Settings.tree(config).toPrettyString(),
            this::reload,
            explorer);
    try {
      return AdminServer.start(
          new InetSocketAddress(http.host(), http.port()), tls, callers, pages);
    } catch (IOException e) {
      throw StartupException.cannotListen("admin", http.host(), http.port(), "--admin-port", e);
    }
  }

  private @Nullable ExplorerSection openExplorer() {
    String folder = config.admin().explore();
    if (folder == null) {
      return null;
    }
    ExplorerSection section =
        ExplorerSection.open(
            Path.of(folder),
            config,
            this::status,
            () -> live().registry().current(),
            () -> Objects.requireNonNull(live().explorer()));
    started.push(section);
    return section;
  }

  private Page metricsPage(String accept) {
    ServerMetrics.Page page = metrics.scrape(accept);
    return new Page(200, page.contentType(), page.body());
  }

  private void load(Path repository, Parts parts, StartTimes times) {
    ItemStore store =
        new WatchedStore(
            parts.store().apply(storeDirectory(repository)), storeHealth, metrics.group());
    started.push(store);
    parts.gauges().accept(metrics.group());
    ServerGauges.store(metrics.group(), store, config.items().minFreeBytes());
    times.done("store");
    SentItems sent = new SentItems(store, config.items().representationCapacity());
    Reloader reloader =
        new Reloader(
            repository,
            config.models(),
            new RepositoryLoader(config, parts.engines(), sent, metrics),
            routing,
            metrics.group());
    Registry registry = new Registry(reloader.first());
    started.push(registry);
    started.push(reloader);
    times.done("models");
    started.push(
        BundleWatcher.start(
            registry,
            config.bundles().watchInterval(),
            reloader::look,
            readiness::failed,
            readiness::recovered));
    UpsertMetrics upserts = new UpsertMetrics(metrics.group());
    ItemIntake intake = new ItemIntake(registry, sent, config.items(), encodeLane, upserts);
    Backlog backlog =
        new Backlog(
            registry, sent, config.items().encodeBatch(), encodeLane, upserts, metrics.group());
    startedApart(backlog);
    int maxCandidates = config.scoring().maxCandidates();
    Scorer scorer =
        new Scorer(
            registry,
            scoringLane,
            overload,
            config.scoring(),
            config.engine().batchRows(),
            requestMetrics,
            modelHealth,
            RequestRecorder.both(startCapture(), startExposures(registry)));
    times.done("items");
    long loaded = times.totalMillis();
    Rehearsal rehearsal = new Rehearsal(config, registry, scoringLane, overload);
    String rehearsed = rehearsal.run(scorer, intake);
    times.done("warm-up");
    ServerGauges.register(
        metrics.group(),
        Map.of("scoring", scoringLane, "encoding", encodeLane, "storing", storeLane),
        overload,
        memory,
        store,
        sent);
    live =
        new Live(
            registry,
            scorer,
            intake,
            new ItemUpkeep(registry, sent, config.items(), storeLane, upserts),
            new ItemInquiry(registry, scoringLane, maxCandidates),
            new ModelInquiry(registry, config),
            reloader,
            explorer == null
                ? null
                : explorer.parts(registry, new AsideScoring(registry, scorer), intake, store));
    modelHealth.tryWith(new SelfProbe(registry, scorer, maxCandidates));
    readiness.listen(this::tellHealth);
    readiness.enter(Phase.SERVING);
    reloader.begin(
        registry, (fresh, before, wanted) -> rehearsal.beside(fresh, before, scorer, wanted));
    routing.listen(
        registry.current().routing(),
        () -> {
          var _ = reloader.look();
        });
    backlog.begin();
    log.info(
        "serving {} on gRPC port {}, admin on HTTP port {}, default model {}",
        registry.current(),
        endpoint.port(),
        admin.port(),
        registry.current().router().defaultModel());
    log.info(
        "ready after {} ms: {} to load, {} to warm up ({}); steps: {}",
        times.totalMillis(),
        loaded,
        times.totalMillis() - loaded,
        rehearsed,
        times);
  }

  private void startedApart(AutoCloseable each) {
    started.push(each);
    apart.push(each);
  }

  private RequestRecorder startCapture() {
    String directory = config.capture().directory();
    if (directory == null) {
      return RequestRecorder.NONE;
    }
    RequestCapture capture =
        RequestCapture.start(Path.of(directory), config.capture(), metrics.group());
    startedApart(capture);
    return capture;
  }

  private RequestRecorder startExposures(Registry registry) {
    String directory = config.exposures().directory();
    if (directory == null) {
      return RequestRecorder.NONE;
    }
    ExposureLog exposures =
        ExposureLog.start(
            Path.of(directory),
            config.exposures(),
            request -> registry.current().router().splitFlag(request.flags()),
            metrics.group());
    startedApart(exposures);
    return exposures;
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
      overload.requireChance();
    } catch (RequestException e) {
      requestMetrics.refused(e.code().name());
      throw e;
    }
  }

  private Live live() {
    Live now = live;
    if (now == null) {
      throw new RequestException(ErrorCode.UNAVAILABLE, "the server is starting");
    }
    return now;
  }

  /// Changes come on many threads; what is told last must be what was read last.
  private void tellHealth() {
    synchronized (readiness) {
      if (readiness.phase() == Phase.SERVING) {
        endpoint.serving(readiness.ready(), readiness.itemsServing());
      }
    }
  }

  private ServerStatus status() {
    Live now = live;
    return StatusReport.of(
        config,
        endpoint.port(),
        now == null
            ? ServerStatus.Versions.NONE
            : StatusReport.versions(config, now.registry(), now.reloader()),
        Map.of("scoring", scoringLane, "encoding", encodeLane, "storing", storeLane));
  }

  private CompletableFuture<ReloadReport> reload() {
    Live now = live;
    return now == null
        ? CompletableFuture.failedFuture(new IllegalStateException("the server is starting"))
        : now.reloader().look();
  }

  /// Scoring requests that wait for a thread.
  int queued() {
    return scoringLane.queued();
  }

  int grpcPort() {
    return endpoint.port();
  }

  int adminPort() {
    return admin.port();
  }

  /// Says to whoever asks that calls should go elsewhere; those that come are served.
  synchronized void drain() {
    if (readiness.phase() != Phase.DRAINING) {
      readiness.enter(Phase.DRAINING);
      endpoint.notServing();
    }
  }

  /// Drains and stops; done once, however often it is called. A second call while the first one
  /// pauses ends the pause.
  @Override
  public void close() {
    if (closing.getAndSet(true)) {
      hurried.countDown();
    }
    closeOnce();
  }

  private synchronized void closeOnce() {
    if (started.isEmpty()) {
      return;
    }
    drain();
    if (live != null) {
      live.reloader().stop();
      pause();
    }
    long deadline = System.nanoTime() + config.server().drainTimeout().toNanos();
    endpoint.shutdown(config.server().drainTimeout());
    boolean scored = scoringLane.drain(Math.max(0, deadline - System.nanoTime()));
    boolean encoded = encodeLane.drain(Math.max(0, deadline - System.nanoTime()));
    boolean stored = storeLane.drain(Math.max(0, deadline - System.nanoTime()));
    if (scored && encoded && stored) {
      close(started);
    } else {
      // Freeing a model or the store under a running call would crash the process.
      log.warn("calls in flight did not end within server.drainTimeout; leaving them to the exit");
      endpoint.close();
      admin.close();
      close(apart);
      started.clear();
    }
    log.info("stopped");
  }

  private void pause() {
    if (config.server().shutdownPause().isPositive()) {
      log.info(
          "stopping; calls are still taken for {} ms (server.shutdownPause)",
          config.server().shutdownPause().toMillis());
    }
    try {
      var _ = hurried.await(config.server().shutdownPause().toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void close(Deque<AutoCloseable> opened) {
    while (!opened.isEmpty()) {
      try {
        opened.pop().close();
      } catch (Exception e) {
        log.error("cannot close cleanly", e);
      }
    }
  }
}
