package io.saviorrec.server.scoring;

import io.saviorrec.bundle.ItemTable;
import io.saviorrec.contract.DecodedRequest;
import io.saviorrec.contract.RequestDecoder;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.Priority;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.User;
import io.saviorrec.server.health.ModelHealth;
import io.saviorrec.server.metrics.ModelMetrics;
import io.saviorrec.server.metrics.ServerMetrics;
import io.saviorrec.server.registry.LiveModel;
import io.saviorrec.server.registry.ModelHandle;
import io.saviorrec.server.registry.Registry;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.OwnCall;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.routing.Route;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Scores a small request of a model's own items by the way of any other, to see whether it can.
///
/// The items are picked anew each time, so that states which are cached do not hide an item table
/// that can be read no more. What it does is counted in meters that nobody sees.
public final class SelfProbe implements ModelHealth.Probe {
  private static final int CANDIDATES = 20;
  private static final int CLICKS = 5;
  private static final long PATIENCE_SECONDS = 10;

  private final Registry registry;
  private final Scorer scorer;
  private final int maxCandidates;

  public SelfProbe(Registry registry, Scorer scorer, int maxCandidates) {
    this.registry = registry;
    this.scorer = scorer;
    this.maxCandidates = maxCandidates;
  }

  @Override
  public void score(String model) throws InterruptedException, ExecutionException {
    ModelHandle handle = acquire(model);
    OwnCall call = new OwnCall();
    try (handle;
        ServerMetrics unseen = new ServerMetrics()) {
      LiveModel live = handle.model();
      ModelMetrics metrics =
          new ModelMetrics(unseen.group(), live.model(), live.version(), live.variant());
      scorer
          .score(request(live), handle, metrics, call, System.nanoTime())
          .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      call.end();
      throw new RequestException(
          ErrorCode.INTERNAL, "no scores within " + PATIENCE_SECONDS + " s", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RequestException refused) {
        throw refused;
      }
      throw e;
    }
  }

  private ModelHandle acquire(String model) {
    return registry.acquire(
        live ->
            live.all().stream()
                .filter(each -> each.toString().equals(model))
                .findFirst()
                .map(each -> Route.to(each.model(), each.version()))
                .orElseThrow(
                    () -> new RequestException(ErrorCode.NOT_FOUND, model + " is not live")));
  }

  private DecodedRequest request(LiveModel model) {
    ItemTable table = model.table();
    ThreadLocalRandom random = ThreadLocalRandom.current();
    User.Builder user = User.newBuilder();
    for (int i = 0; i < CLICKS; i++) {
      user.addHistory(table.itemId(random.nextInt(table.size())));
    }
    ScoreRequest.Builder request =
        ScoreRequest.newBuilder()
            .setModel(model.model())
            .setUser(user)
            .setExact(true)
            .setPriority(Priority.HIGH);
    for (int i = 0; i < Math.min(CANDIDATES, maxCandidates); i++) {
      request.addCandidates(
          Candidate.newBuilder().setItemId(table.itemId(random.nextInt(table.size()))));
    }
    return RequestDecoder.decode(request.build());
  }
}
