package io.saviorrec.server.scoring;

import io.saviorrec.contract.DecodedRequest;
import io.saviorrec.contract.Precision;
import io.saviorrec.contract.RequestDecoder;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.User;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.engine.BundleEngine;
import io.saviorrec.server.fakes.Lanes;
import io.saviorrec.server.fakes.TestHealth;
import io.saviorrec.server.metrics.Meters;
import io.saviorrec.server.metrics.ModelMetrics;
import io.saviorrec.server.metrics.RequestMetrics;
import io.saviorrec.server.metrics.ServerMetrics;
import io.saviorrec.server.registry.LiveModel;
import io.saviorrec.server.registry.NewestModels;
import io.saviorrec.server.registry.Registry;
import io.saviorrec.server.registry.RepositoryLoader;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.Priority;
import io.saviorrec.server.request.Stage;
import io.saviorrec.server.request.StageTimes;
import io.saviorrec.server.routing.Route;
import io.saviorrec.server.store.InMemoryItemStore;
import io.saviorrec.server.store.SentItems;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

/// What the metrics of a scoring request cost, beside the request itself: requests with meters and
/// with meters that do nothing take turns in one run.
///
/// `./mvnw -Dquick -Poverhead -pl server -am verify -DskipTests -Doverhead.repository=REPOSITORY`
final class MetricsOverhead {
  private static final String SCORE = "saviorrec.v1.Scoring/Score";
  private static final float[] SCORES = new float[100];
  private static final int WARM_UP = 2_000;
  private static final int PAIRS = 200;
  private static final int BLOCK = 20;
  private static final int ALONE = 1_000_000;

  private final Registry registry;
  private final Scorer scorer;
  private final DecodedRequest request;
  private final LiveModel model;

  private MetricsOverhead(
      Registry registry, Scorer scorer, DecodedRequest request, LiveModel model) {
    this.registry = registry;
    this.scorer = scorer;
    this.request = request;
    this.model = model;
  }

  public static void main(String[] args) {
    ServerConfig config =
        TestConfigs.small(Map.of("items.stateCapacity", "20000", "scoring.maxCandidates", "1000"));
    SentItems sent = new SentItems(new InMemoryItemStore(), 1000);
    Lanes.Scoring scoring = Lanes.scoring(1, 16);
    Lane lane = scoring.lane();
    try (ServerMetrics metrics = new ServerMetrics();
        Registry registry =
            new Registry(
                NewestModels.of(
                    Path.of(args[0]),
                    config,
                    new RepositoryLoader(
                        config,
                        (bundle, slots) -> BundleEngine.load(bundle, "cpu", slots, Precision.FP32),
                        sent,
                        metrics)))) {
      RequestMetrics seen = new RequestMetrics(metrics.group());
      Scorer scorer =
          new Scorer(
              registry,
              lane,
              scoring.overload(),
              config.scoring(),
              512,
              seen,
              TestHealth.model(),
              RequestRecorder.NONE);
      LiveModel model = registry.current().all().getFirst();
      for (int candidates : new int[] {100, 500}) {
        new MetricsOverhead(registry, scorer, request(model, candidates), model)
            .measure(seen, candidates);
      }
      lane.drain(1_000_000_000L);
    }
  }

  private static DecodedRequest request(LiveModel model, int candidates) {
    User.Builder user = User.newBuilder().setUserId(1);
    for (int i = 0; i < model.manifest().dims().historyLength(); i++) {
      user.addHistory(model.table().itemId(i % model.table().size()));
    }
    ScoreRequest.Builder request = ScoreRequest.newBuilder().setUser(user);
    for (int i = 0; i < candidates; i++) {
      request.addCandidates(
          Candidate.newBuilder().setItemId(model.table().itemId(i % model.table().size())));
    }
    return RequestDecoder.decode(request.build());
  }

  private void measure(RequestMetrics seen, int candidates) {
    ModelMetrics nothing = new ModelMetrics(Meters.unseen(), "m", 1, "unseen");
    RequestMetrics nobody = new RequestMetrics(Meters.unseen());
    for (int i = 0; i < WARM_UP / BLOCK; i++) {
      block(seen, model.metrics());
      block(nobody, nothing);
    }
    double[] with = new double[PAIRS];
    double[] without = new double[PAIRS];
    double[] ratios = new double[PAIRS];
    for (int i = 0; i < PAIRS; i++) {
      // Who goes first changes, so that drift counts for both.
      if (i % 2 == 0) {
        with[i] = block(seen, model.metrics());
        without[i] = block(nobody, nothing);
      } else {
        without[i] = block(nobody, nothing);
        with[i] = block(seen, model.metrics());
      }
      ratios[i] = with[i] / without[i];
    }
    double alone = recordAlone(seen);
    System.out.printf(
        Locale.ROOT,
        "%d candidates: %.1f us with meters, %.1f us without; ratio of medians %.4f, median ratio"
            + " of pairs %.4f; the recording alone %.2f us, %.3f %% of a request%n",
        candidates,
        median(with) / 1e3,
        median(without) / 1e3,
        median(with) / median(without),
        median(ratios),
        alone / 1e3,
        100 * alone / median(without));
  }

  /// Nanoseconds of one request, on average over a block of them.
  private double block(RequestMetrics requests, ModelMetrics counted) {
    long start = System.nanoTime();
    for (int i = 0; i < BLOCK; i++) {
      Timed call = new Timed(new StageTimes(System.nanoTime()));
      requests.answers(call, counted, "", Priority.NORMAL);
      ScoreAnswer answer =
          scorer
              .score(
                  request,
                  registry.acquire(live -> Route.to(model.model(), model.version())),
                  counted,
                  call,
                  System.nanoTime())
              .join();
      if (answer.pctr().length != request.candidates().length) {
        throw new IllegalStateException("scores are missing");
      }
      requests.ended(SCORE, "OK", call.times());
    }
    return (System.nanoTime() - start) / (double) BLOCK;
  }

  /// Nanoseconds of all that is recorded of one request.
  private double recordAlone(RequestMetrics requests) {
    ModelMetrics counted = model.metrics();
    long start = 0;
    for (int i = -ALONE; i < ALONE; i++) {
      if (i == 0) {
        start = System.nanoTime();
      }
      Timed call = new Timed(new StageTimes(System.nanoTime()));
      for (Stage stage : Stage.values()) {
        call.times().add(stage, 1000);
      }
      requests.answers(call, counted, "", Priority.NORMAL);
      counted.scored(SCORES, SCORES);
      counted.source(ScoreSource.TRAINED, 100);
      counted.unknownHistoryItems(0);
      requests.ended(SCORE, "OK", call.times());
    }
    return (System.nanoTime() - start) / (double) ALONE;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private record Timed(StageTimes times) implements Call {
    @Override
    public boolean cancelled() {
      return false;
    }

    @Override
    public long remainingNanos() {
      return Long.MAX_VALUE;
    }

    @Override
    public void onEnd(Runnable action) {}
  }
}
