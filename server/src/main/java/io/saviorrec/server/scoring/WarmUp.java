package io.saviorrec.server.scoring;

import com.google.protobuf.InvalidProtocolBufferException;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.User;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.metrics.ModelMetrics;
import io.saviorrec.server.metrics.RequestMetrics;
import io.saviorrec.server.metrics.ServerMetrics;
import io.saviorrec.server.registry.ModelHandle;
import io.saviorrec.server.registry.ModelRegistry;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.routing.Router;
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
  private final Router router;
  private final Lane lane;

  public WarmUp(ServerConfig config, Router router, Lane lane) {
    this.config = config;
    this.router = router;
    this.lane = lane;
  }

  public void run(ModelRegistry registry) {
    try (ServerMetrics unseen = new ServerMetrics()) {
      List<ModelHandle> handles =
          registry.all().stream().map(handle -> withMetrics(handle, unseen)).toList();
      Scorer scorer =
          new Scorer(
              router,
              new ModelRegistry(handles),
              lane,
              config.scoring().maxCandidates(),
              new RequestMetrics(unseen));
      for (ModelHandle handle : handles) {
        List<ScoreRequest> requests = requests(handle);
        for (int round = 0; round < config.engine().warmUpRounds(); round++) {
          requests.forEach(request -> scoreAtOnce(scorer, request));
        }
      }
    }
  }

  private static ModelHandle withMetrics(ModelHandle handle, ServerMetrics metrics) {
    return new ModelHandle(
        handle.manifest(),
        handle.engine(),
        handle.table(),
        handle.items(),
        handle.profile(),
        handle.context(),
        new ModelMetrics(metrics, handle.model(), handle.version(), handle.variant()));
  }

  private List<ScoreRequest> requests(ModelHandle handle) {
    List<ScoreRequest> requests = new ArrayList<>();
    for (int candidates : CANDIDATES) {
      if (candidates <= config.scoring().maxCandidates()) {
        requests.add(request(handle, candidates, 0));
        requests.add(request(handle, candidates, handle.manifest().dims().historyLength()));
      }
    }
    return requests;
  }

  private static ScoreRequest request(ModelHandle handle, int candidates, int clicks) {
    ItemTable table = handle.table();
    User.Builder user = User.newBuilder();
    for (int i = 0; i < clicks; i++) {
      user.addHistory(table.itemId(i % table.size()));
    }
    ScoreRequest.Builder request = ScoreRequest.newBuilder().setModel(handle.model()).setUser(user);
    for (int i = 0; i < candidates; i++) {
      request.addCandidates(Candidate.newBuilder().setItemId(table.itemId(i % table.size())));
    }
    try {
      return ScoreRequest.parseFrom(request.build().toByteArray());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a request that was just written cannot be read", e);
    }
  }

  /// As many at once as there are threads, so that all of them work.
  private void scoreAtOnce(Scorer scorer, ScoreRequest request) {
    List<CompletableFuture<ScoreResponse>> answers = new ArrayList<>();
    int atOnce = Math.min(lane.threads(), config.engine().queueCapacity());
    for (int i = 0; i < atOnce; i++) {
      answers.add(scorer.score(request, Call.UNBOUNDED));
    }
    for (CompletableFuture<ScoreResponse> answer : answers) {
      // Encoding the answer is part of what a caller waits for.
      if (answer.join().toByteArray().length == 0) {
        throw new IllegalStateException("an empty answer to " + request);
      }
    }
  }
}
