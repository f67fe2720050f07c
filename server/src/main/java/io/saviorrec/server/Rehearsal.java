package io.saviorrec.server;

import io.saviorrec.server.admission.ByteBudget;
import io.saviorrec.server.admission.Overload;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.grpc.GrpcEndpoint;
import io.saviorrec.server.grpc.Loopback;
import io.saviorrec.server.metrics.RequestMetrics;
import io.saviorrec.server.metrics.ServerMetrics;
import io.saviorrec.server.metrics.UpsertMetrics;
import io.saviorrec.server.registry.LiveModel;
import io.saviorrec.server.registry.Registry;
import io.saviorrec.server.registry.SnapshotHandle;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.scoring.HotItems;
import io.saviorrec.server.scoring.ItemInquiry;
import io.saviorrec.server.scoring.ModelInquiry;
import io.saviorrec.server.scoring.QuietWarmUp;
import io.saviorrec.server.scoring.Scorer;
import io.saviorrec.server.scoring.StateFill;
import io.saviorrec.server.scoring.WarmUp;
import io.saviorrec.server.tracing.Tracing;
import io.saviorrec.server.upsert.ItemIntake;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What the server does for nobody before it is ready: it computes the states of hot items, encodes
/// items that it does not store, and scores requests until they cost what they will cost callers.
/// And what it does for nobody before a new version gets traffic.
///
/// All of it is counted in meters that nobody sees, and captured and traced by nobody.
final class Rehearsal {
  private static final Logger log = LoggerFactory.getLogger(Rehearsal.class);

  /// What is left of the states then is computed beside requests.
  private static final Duration STATES = Duration.ofSeconds(1);

  /// The part of the time that encoding may take.
  private static final int ENCODING_SHARE = 8;

  /// Item states that one step beside traffic computes.
  private static final int STATES_AT_ONCE = 256;

  /// A warm-up beside traffic pauses most of the time.
  private static final int QUIET_TIMES = 4;

  private final ServerConfig config;
  private final Registry registry;
  private final Lane lane;
  private final Overload overload;

  Rehearsal(ServerConfig config, Registry registry, Lane lane, Overload overload) {
    this.config = config;
    this.registry = registry;
    this.lane = lane;
    this.overload = overload;
  }

  /// Does all of it.
  ///
  /// @return what was done, for the log
  String run(Scorer scorer, ItemIntake intake) {
    try (ServerMetrics unseen = new ServerMetrics();
        SnapshotHandle live = registry.acquireAll()) {
      Map<LiveModel, long[]> hot = new LinkedHashMap<>();
      for (LiveModel model : live.models().all()) {
        hot.put(model, HotItems.of(model.table(), config.items().stateCapacity()));
      }
      List<CompletableFuture<Integer>> fills = fill(hot);
      long end = System.nanoTime() + STATES.toNanos();
      Duration most = config.engine().warmUpTime();
      // Beside the states, which keep one thread busy for each model.
      int encoded =
          intake.rehearse(new UpsertMetrics(unseen.group()), most.dividedBy(ENCODING_SHARE));
      int states = filled(fills, end - System.nanoTime());
      int scored = score(hot, scorer, unseen, most);
      hot.keySet().forEach(model -> model.metrics().meters().startCounting());
      return states + " item states, " + encoded + " encodings, " + scored + " requests";
    }
  }

  /// Prepares one more version beside traffic, on the calling thread and with requests of the
  /// lowest priority: the states of the items that requests used last are in its table afterwards,
  /// and those of its hottest items as far as there is room.
  ///
  /// @param before the version of the model that requests use now; null: none
  /// @param wanted false when it is to end at once
  void beside(LiveModel fresh, @Nullable LiveModel before, Scorer scorer, BooleanSupplier wanted) {
    long start = System.nanoTime();
    int capacity = config.items().stateCapacity();
    long[] hottest = HotItems.of(fresh.table(), capacity);
    long[] used =
        LongStream.concat(
                before == null ? LongStream.empty() : LongStream.of(before.states().cachedItems()),
                LongStream.of(hottest))
            .distinct()
            .limit(capacity)
            .toArray();
    try (Registry alone = Registry.alone(fresh);
        ServerMetrics unseen = new ServerMetrics()) {
      int step = Math.min(STATES_AT_ONCE, fresh.states().mostItems());
      for (int from = 0; from < used.length && wanted.getAsBoolean(); from += step) {
        fresh
            .states()
            .computeItems(
                Arrays.copyOfRange(used, from, Math.min(used.length, from + step)), Call.UNBOUNDED);
      }
      int scored =
          new QuietWarmUp(
                  scorer.unseen(alone, new RequestMetrics(unseen.group()), unseen.group()),
                  lane.threads(),
                  config.scoring().maxCandidates(),
                  wanted)
              .run(fresh, used, config.engine().warmUpTime().multipliedBy(QUIET_TIMES));
      fresh.metrics().meters().startCounting();
      log.info(
          "warmed up {} beside traffic in {} ms: {} item states, {} requests",
          fresh,
          (System.nanoTime() - start) / 1_000_000,
          used.length,
          scored);
    }
  }

  private List<CompletableFuture<Integer>> fill(Map<LiveModel, long[]> hot) {
    int maxCandidates = config.scoring().maxCandidates();
    List<CompletableFuture<Integer>> fills = new ArrayList<>();
    hot.forEach(
        (model, itemIds) ->
            fills.add(StateFill.start(registry, lane, model, itemIds, maxCandidates)));
    return fills;
  }

  private static int filled(List<CompletableFuture<Integer>> fills, long nanos) {
    CompletableFuture.allOf(fills.toArray(CompletableFuture[]::new))
        .completeOnTimeout(null, Math.max(0, nanos), TimeUnit.NANOSECONDS)
        .join();
    return fills.stream().mapToInt(fill -> fill.getNow(0)).sum();
  }

  private int score(
      Map<LiveModel, long[]> hot, Scorer scorer, ServerMetrics unseen, Duration most) {
    RequestMetrics requests = new RequestMetrics(unseen.group());
    Scorer unseenScorer = scorer.unseen(registry, requests, unseen.group());
    int maxCandidates = config.scoring().maxCandidates();
    ItemInquiry inquiry = new ItemInquiry(registry, lane, maxCandidates);
    ModelInquiry models = new ModelInquiry(registry, config);
    GrpcEndpoint.Backend backend =
        new GrpcEndpoint.Backend(
            () -> unseenScorer,
            () -> {
              throw nothingIsStored();
            },
            () -> {
              throw nothingIsStored();
            },
            () -> inquiry,
            () -> models,
            overload::requireChance,
            overload::waitNanos,
            new ByteBudget(config.limits().inFlightBytes(), config.limits().connectionBytes()),
            requests,
            Tracing.off());
    try (Loopback loopback = Loopback.open(config, backend)) {
      int atOnce = Math.min(2 * lane.threads(), config.engine().queueCapacity());
      return new WarmUp(loopback, atOnce, maxCandidates).run(hot, most);
    } catch (IOException e) {
      log.warn("nothing is warmed up: the loopback interface cannot be used: {}", e.getMessage());
      return 0;
    }
  }

  private static IllegalStateException nothingIsStored() {
    return new IllegalStateException("nothing is stored in a rehearsal");
  }
}
