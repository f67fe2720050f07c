package io.saviorrec.server.grpc;

import io.grpc.ManagedChannel;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.server.admission.Admission;
import io.saviorrec.server.admission.Overload;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.fakes.FakeEngine;
import io.saviorrec.server.fakes.Lanes;
import io.saviorrec.server.fakes.TestBundles;
import io.saviorrec.server.metrics.RequestMetrics;
import io.saviorrec.server.metrics.ServerMetrics;
import io.saviorrec.server.metrics.UpsertMetrics;
import io.saviorrec.server.registry.Registry;
import io.saviorrec.server.registry.RepositoryLoader;
import io.saviorrec.server.scoring.ItemInquiry;
import io.saviorrec.server.scoring.Scorer;
import io.saviorrec.server.store.InMemoryItemStore;
import io.saviorrec.server.store.SentItems;
import io.saviorrec.server.upsert.ItemIntake;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/// Both services over an in-process channel, with a fake engine for each model.
final class ServingFixture implements AutoCloseable {
  final ServerMetrics metrics = new ServerMetrics();
  final InMemoryItemStore store = new InMemoryItemStore();
  final Map<String, FakeEngine> engines = new TreeMap<>();
  final ManagedChannel channel;
  private final Registry registry;
  private final Lane scoring;
  private final Lane encoding;
  private final Scorer scorer;
  private final ItemIntake intake;
  private final ItemInquiry inquiry;
  private final GrpcEndpoint endpoint;

  /// One scoring thread and one place in each queue.
  ServingFixture(Path repository, Map<String, String> settings, String... models)
      throws IOException {
    ServerConfig config = TestConfigs.small(settings);
    for (String model : models) {
      TestBundles.write(repository, model);
    }
    SentItems sent = new SentItems(store, config.items().representationCapacity());
    registry =
        new Registry(
            new RepositoryLoader(
                    config,
                    (bundle, slots) ->
                        engines.computeIfAbsent(
                            bundle.manifest().model(), name -> new FakeEngine()),
                    sent,
                    metrics)
                .load(RepositoryLoader.find(repository)));
    Admission admission = new Admission("scoring", 1, 1, config.overload().queueTime());
    Overload overload = new Overload(admission, config.overload());
    scoring = new Lane("scoring", admission, System::nanoTime, Lanes.UNEXPECTED);
    encoding =
        new Lane("encoding", new Admission("encoding", 1, 1), System::nanoTime, Lanes.UNEXPECTED);
    int maxCandidates = config.scoring().maxCandidates();
    scorer =
        new Scorer(registry, scoring, overload, maxCandidates, new RequestMetrics(metrics.group()));
    intake =
        new ItemIntake(
            registry, sent, config.items(), encoding, new UpsertMetrics(metrics.group()));
    inquiry = new ItemInquiry(registry, scoring, maxCandidates);
    String name = InProcessServerBuilder.generateName();
    endpoint =
        GrpcEndpoint.start(
            InProcessServerBuilder.forName(name),
            2,
            new GrpcEndpoint.Backend(
                () -> scorer, () -> intake, () -> inquiry, overload::requireChance));
    channel = InProcessChannelBuilder.forName(name).build();
  }

  /// The services on a port of their own. Both actions may refuse a scoring request.
  ///
  /// @param beforeScoring runs when the request is decoded
  /// @param gate runs before
  GrpcEndpoint listen(Runnable beforeScoring, Runnable gate) throws IOException {
    return GrpcEndpoint.start(
        NettyServerBuilder.forPort(0),
        2,
        new GrpcEndpoint.Backend(
            () -> {
              beforeScoring.run();
              return scorer;
            },
            () -> intake,
            () -> inquiry,
            gate));
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
    registry.close();
    metrics.close();
  }
}
