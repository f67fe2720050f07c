package io.saviorrec.server.grpc;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.server.access.Callers;
import io.saviorrec.server.admission.Admission;
import io.saviorrec.server.admission.ByteBudget;
import io.saviorrec.server.admission.Overload;
import io.saviorrec.server.admission.QueueBounds;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.fakes.FakeEngine;
import io.saviorrec.server.fakes.TestBundles;
import io.saviorrec.server.fakes.TestHealth;
import io.saviorrec.server.metrics.RequestMetrics;
import io.saviorrec.server.metrics.ServerMetrics;
import io.saviorrec.server.metrics.UpsertMetrics;
import io.saviorrec.server.registry.NewestModels;
import io.saviorrec.server.registry.Registry;
import io.saviorrec.server.registry.RepositoryLoader;
import io.saviorrec.server.scoring.ItemInquiry;
import io.saviorrec.server.scoring.ModelInquiry;
import io.saviorrec.server.scoring.RequestRecorder;
import io.saviorrec.server.scoring.Scorer;
import io.saviorrec.server.store.InMemoryItemStore;
import io.saviorrec.server.store.SentItems;
import io.saviorrec.server.tracing.Tracing;
import io.saviorrec.server.upsert.ItemIntake;
import io.saviorrec.server.upsert.ItemUpkeep;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// The endpoint on a port of its own, with a fake engine for each model.
final class ServingFixture implements AutoCloseable {
  final ServerMetrics metrics = new ServerMetrics();
  final InMemoryItemStore store = new InMemoryItemStore();
  final Map<String, FakeEngine> engines = new TreeMap<>();
  final BlockingQueue<String> ended = new LinkedBlockingQueue<>();
  final ByteBudget memory;
  final ManagedChannel channel;
  private final Registry registry;
  private final Lane scoring;
  private final Lane encoding;
  private final ServerConfig config;
  private final Scorer scorer;
  private final ItemIntake intake;
  private final ItemUpkeep upkeep;
  private final Lane storing =
      new Lane("storing", new Admission("storing", 1, 8), System::nanoTime);
  private final ItemInquiry inquiry;
  private final ModelInquiry modelInquiry;
  private final GrpcEndpoint endpoint;

  /// One scoring thread and one place in each queue.
  ServingFixture(Path repository, Map<String, String> settings, String... models)
      throws IOException {
    config = TestConfigs.small(settings);
    for (String model : models) {
      TestBundles.write(repository, model);
    }
    SentItems sent = new SentItems(store, config.items().representationCapacity());
    registry =
        new Registry(
            NewestModels.of(
                repository,
                config,
                new RepositoryLoader(
                    config,
                    (bundle, slots) ->
                        engines.computeIfAbsent(
                            bundle.manifest().model(), name -> new FakeEngine()),
                    sent,
                    metrics)));
    memory = new ByteBudget(config.limits().inFlightBytes(), config.limits().connectionBytes());
    Admission admission =
        new Admission(
            "scoring", 1, 1, QueueBounds.waiting(config.overload().queueTime()), System::nanoTime);
    Overload overload = new Overload(admission, config.overload());
    scoring = new Lane("scoring", admission, System::nanoTime);
    encoding =
        new Lane(
            "encoding",
            new Admission(
                "encoding", config.items().encodeThreads(), config.items().encodeQueueCapacity()),
            System::nanoTime);
    int maxCandidates = config.scoring().maxCandidates();
    RequestMetrics requests = new RequestMetrics(metrics.group());
    scorer =
        new Scorer(
            registry,
            scoring,
            overload,
            config.scoring(),
            config.engine().batchRows(),
            requests,
            TestHealth.model(),
            RequestRecorder.NONE);
    UpsertMetrics upserts = new UpsertMetrics(metrics.group());
    intake = new ItemIntake(registry, sent, config.items(), encoding, upserts);
    upkeep = new ItemUpkeep(registry, sent, config.items(), storing, upserts);
    inquiry = new ItemInquiry(registry, scoring, maxCandidates);
    modelInquiry = new ModelInquiry(registry, config);
    endpoint =
        GrpcEndpoint.start(
            config,
            null,
            Callers.everybody(),
            new GrpcEndpoint.Backend(
                () -> scorer,
                () -> intake,
                () -> upkeep,
                () -> inquiry,
                () -> modelInquiry,
                overload::requireChance,
                overload::waitNanos,
                memory,
                (method, status, times) -> {
                  requests.ended(method, status, times);
                  ended.add(method + " " + status);
                },
                Tracing.off()));
    channel =
        NettyChannelBuilder.forAddress("127.0.0.1", endpoint.port())
            .usePlaintext()
            .maxInboundMessageSize(Integer.MAX_VALUE)
            .build();
  }

  /// From now on the health service says SERVING.
  void serving() {
    endpoint.serving(true, true);
  }

  int port() {
    return endpoint.port();
  }

  /// Stops as a server does that is told to.
  void shutdown(Duration timeout) {
    boolean _ = endpoint.shutdown(timeout);
  }

  /// The services on a port of their own. Both actions may refuse a scoring request.
  ///
  /// @param beforeScoring runs when the request is decoded
  /// @param gate runs before
  GrpcEndpoint listen(Runnable beforeScoring, Runnable gate) throws IOException {
    return listen(beforeScoring, gate, () -> 0);
  }

  /// The same, of a server that is said to be busy for so long.
  GrpcEndpoint listen(Runnable beforeScoring, Runnable gate, LongSupplier waitNanos)
      throws IOException {
    return GrpcEndpoint.start(
        config,
        null,
        Callers.everybody(),
        new GrpcEndpoint.Backend(
            () -> {
              beforeScoring.run();
              return scorer;
            },
            () -> intake,
            () -> upkeep,
            () -> inquiry,
            () -> modelInquiry,
            gate,
            waitNanos,
            memory,
            (method, status, times) -> {},
            Tracing.off()));
  }

  /// The server's own way in.
  Loopback loopback() throws IOException {
    return Loopback.open(
        config,
        new GrpcEndpoint.Backend(
            () -> scorer,
            () -> intake,
            () -> upkeep,
            () -> inquiry,
            () -> modelInquiry,
            () -> {},
            () -> 0,
            memory,
            (method, status, times) -> {},
            Tracing.off()));
  }

  FakeEngine engine(String model) {
    FakeEngine engine = engines.get(model);
    if (engine == null) {
      throw new IllegalArgumentException("no model " + model);
    }
    return engine;
  }

  ScoringGrpc.ScoringBlockingStub scoringStub() {
    return ScoringGrpc.newBlockingStub(channel);
  }

  ItemsGrpc.ItemsBlockingStub itemsStub() {
    return ItemsGrpc.newBlockingStub(channel);
  }

  /// What the metrics page says, without comments.
  double metric(String line) {
    return metrics
        .scrape()
        .lines()
        .filter(each -> each.startsWith(line + " "))
        .mapToDouble(each -> Double.parseDouble(each.substring(line.length() + 1)))
        .findFirst()
        .orElse(Double.NaN);
  }

  /// The next call that ended: its method, and the status that its caller saw.
  @Nullable String ended() {
    try {
      return ended.poll(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new AssertionError("no call ended", e);
    }
  }

  /// Waits until a message is on its way.
  void awaitHeld() {
    while (memory.used() <= 8 << 10) {
      requireTime();
    }
  }

  void awaitNothingHeld() {
    while (memory.used() != 0) {
      requireTime();
    }
  }

  private static void requireTime() {
    if (Thread.interrupted()) {
      throw new AssertionError("what the test waits for does not happen");
    }
    Thread.onSpinWait();
  }

  /// What a call fails with.
  static Status failure(Runnable call) {
    try {
      call.run();
    } catch (StatusRuntimeException e) {
      return e.getStatus();
    }
    throw new AssertionError("was answered");
  }

  Lane scoringLane() {
    return scoring;
  }

  Lane encodingLane() {
    return encoding;
  }

  @Override
  public void close() {
    engines.values().forEach(engine -> engine.scores.open());
    engines.values().forEach(engine -> engine.encodes.open());
    channel.shutdownNow();
    endpoint.close();
    scoring.drain(TimeUnit.SECONDS.toNanos(5));
    encoding.drain(TimeUnit.SECONDS.toNanos(5));
    storing.drain(TimeUnit.SECONDS.toNanos(5));
    registry.close();
    metrics.close();
  }
}
