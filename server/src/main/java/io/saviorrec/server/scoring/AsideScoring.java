package io.saviorrec.server.scoring;

import io.saviorrec.contract.RequestDecoder;
import io.saviorrec.proto.v1.Priority;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.server.metrics.ModelMetrics;
import io.saviorrec.server.metrics.ServerMetrics;
import io.saviorrec.server.registry.LiveModel;
import io.saviorrec.server.registry.ModelHandle;
import io.saviorrec.server.registry.Registry;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.FatalErrors;
import io.saviorrec.server.request.OwnCall;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.routing.Route;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Scores for somebody who looks at the server: by the way of any other request, whole or not at
/// all, after those of callers; counted in meters that nobody sees, and logged by nobody, because
/// nobody was shown anything.
public final class AsideScoring {
  private static final int AT_ONCE = 8;

  private final Registry registry;
  private final Scorer scorer;

  public AsideScoring(Registry registry, Scorer scorer) {
    this.registry = registry;
    this.scorer = scorer;
  }

  /// The answers of one version to requests, in their order; waits for them.
  ///
  /// @param patienceNanos until it is given up
  /// @throws RequestException when one of them is refused
  public List<ScoreAnswer> score(
      String model, long version, List<ScoreRequest> requests, long patienceNanos) {
    long start = System.nanoTime();
    List<ScoreAnswer> answers = new ArrayList<>();
    try (ServerMetrics unseen = new ServerMetrics();
        ModelHandle held = registry.acquire(_ -> Route.to(model, version))) {
      LiveModel live = held.model();
      ModelMetrics metrics =
          new ModelMetrics(unseen.group(), live.model(), live.version(), live.variant());
      for (int from = 0; from < requests.size(); from += AT_ONCE) {
        int to = Math.min(requests.size(), from + AT_ONCE);
        OwnCall call = new OwnCall(patienceNanos - (System.nanoTime() - start));
        List<CompletableFuture<ScoreAnswer>> waiting = new ArrayList<>();
        for (ScoreRequest request : requests.subList(from, to)) {
          waiting.add(begin(live, request, metrics, call));
        }
        for (CompletableFuture<ScoreAnswer> each : waiting) {
          answers.add(await(each, call));
        }
      }
    }
    return answers;
  }

  private CompletableFuture<ScoreAnswer> begin(
      LiveModel live, ScoreRequest request, ModelMetrics metrics, OwnCall call) {
    ScoreRequest own =
        request.toBuilder()
            .setModel(live.model())
            .setVersion(live.version())
            .setExact(true)
            .setPriority(Priority.LOW)
            .build();
    ModelHandle handle = registry.acquire(_ -> Route.to(live.model(), live.version()));
    return scorer.score(RequestDecoder.decode(own), handle, metrics, call, System.nanoTime());
  }

  private static ScoreAnswer await(CompletableFuture<ScoreAnswer> answer, OwnCall call) {
    try {
      return answer.get(Math.max(0, call.remainingNanos()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      call.end();
      throw new RequestException(ErrorCode.DEADLINE_EXCEEDED, "scoring took too long", e);
    } catch (InterruptedException e) {
      call.end();
      Thread.currentThread().interrupt();
      throw new RequestException(ErrorCode.UNAVAILABLE, "the server is stopping", e);
    } catch (ExecutionException e) {
      call.end();
      FatalErrors.endIfFatal(e);
      if (e.getCause() instanceof RequestException refused) {
        throw refused;
      }
      throw new RequestException(ErrorCode.INTERNAL, "the model failed", e);
    }
  }
}
