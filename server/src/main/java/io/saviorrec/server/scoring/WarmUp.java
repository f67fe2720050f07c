package io.saviorrec.server.scoring;

import io.saviorrec.bundle.ItemTable;
import io.saviorrec.contract.DecodedRequest;
import io.saviorrec.contract.RequestDecoder;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.User;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.metrics.ModelMetrics;
import io.saviorrec.server.metrics.ServerMetrics;
import io.saviorrec.server.registry.LiveModel;
import io.saviorrec.server.registry.ModelHandle;
import io.saviorrec.server.registry.Registry;
import io.saviorrec.server.registry.SnapshotHandle;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.routing.Route;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// Scores requests of each model's own items before the server is ready, so that no caller pays for
/// what happens once: class loading, compilation, and the engine's first runs on each thread.
///
/// The requests go the way of real ones but are counted in meters that nobody sees.
public final class WarmUp {
  private static final int[] CANDIDATES = {1, 20, 100, 500};

  private final ServerConfig config;
  private final Registry registry;
  private final Scorer scorer;
  private final Lane lane;

  /// @param registry whose models are warmed up
  /// @param lane whose threads score
  public WarmUp(ServerConfig config, Registry registry, Scorer scorer, Lane lane) {
    this.config = config;
    this.registry = registry;
    this.scorer = scorer;
    this.lane = lane;
  }

  /// Scores with every model that is live.
  public void run() {
    try (ServerMetrics unseen = new ServerMetrics();
        SnapshotHandle live = registry.acquireAll()) {
      for (LiveModel model : live.models().all()) {
        ModelMetrics metrics =
            new ModelMetrics(unseen.group(), model.model(), model.version(), model.variant());
        List<DecodedRequest> requests = requests(model);
        for (int round = 0; round < config.engine().warmUpRounds(); round++) {
          requests.forEach(request -> scoreAtOnce(model, metrics, request));
        }
        model.metrics().meters().startCounting();
      }
    }
  }

  private List<DecodedRequest> requests(LiveModel model) {
    List<DecodedRequest> requests = new ArrayList<>();
    for (int candidates : CANDIDATES) {
      if (candidates <= config.scoring().maxCandidates()) {
        requests.add(request(model, candidates, 0));
        requests.add(request(model, candidates, model.manifest().dims().historyLength()));
      }
    }
    return requests;
  }

  private static DecodedRequest request(LiveModel model, int candidates, int clicks) {
    ItemTable table = model.table();
    User.Builder user = User.newBuilder();
    for (int i = 0; i < clicks; i++) {
      user.addHistory(table.itemId(i % table.size()));
    }
    ScoreRequest.Builder request =
        ScoreRequest.newBuilder().setModel(model.model()).setUser(user).setExact(true);
    for (int i = 0; i < candidates; i++) {
      request.addCandidates(Candidate.newBuilder().setItemId(table.itemId(i % table.size())));
    }
    return RequestDecoder.decode(request.build());
  }

  /// As many at once as there are threads, so that all of them work.
  private void scoreAtOnce(LiveModel model, ModelMetrics metrics, DecodedRequest request) {
    List<CompletableFuture<ScoreAnswer>> answers = new ArrayList<>();
    int atOnce = Math.min(lane.threads(), config.engine().queueCapacity());
    for (int i = 0; i < atOnce; i++) {
      ModelHandle handle = registry.acquire(live -> new Route(model.model(), ""), model.version());
      answers.add(scorer.score(request, handle, metrics, Call.UNBOUNDED, System.nanoTime()));
    }
    for (CompletableFuture<ScoreAnswer> answer : answers) {
      if (answer.join().pctr().length == 0) {
        throw new IllegalStateException("an empty answer to " + request);
      }
    }
  }
}
