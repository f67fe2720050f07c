package io.saviorrec.server.scoring;

import com.sun.management.OperatingSystemMXBean;
import io.saviorrec.feature.FeatureColumn;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.User;
import io.saviorrec.server.registry.LiveModel;
import io.saviorrec.server.request.RequestException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// Scores requests of each model's own items before the server is ready, so that no caller pays for
/// what happens once: class loading, compilation, and the engine's first runs on each thread.
///
/// The requests are sent as callers send theirs, over a connection, and until they cost no less
/// processor time than those before: the JVM compiles what runs often, so most are small.
public final class WarmUp {
  private static final int[] CANDIDATES = {1, 20, 5, 2, 50, 10, 1, 20};
  private static final int[] SHAPES = {100, 500};
  private static final int SHAPE_ROUNDS = 3;
  private static final int REQUESTS = 48;
  private static final int MOST_ITEMS = 1000;
  private static final long ROUND_NANOS = 250_000_000;

  private final Caller caller;
  private final int atOnce;
  private final int maxCandidates;
  private final OperatingSystemMXBean system =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  /// Sends requests to the server as anybody would.
  @FunctionalInterface
  public interface Caller {
    /// The answer, or a [RequestException].
    CompletableFuture<ScoreResponse> score(ScoreRequest request);
  }

  /// @param atOnce requests that are on their way at one time
  public WarmUp(Caller caller, int atOnce, int maxCandidates) {
    this.caller = caller;
    this.atOnce = atOnce;
    this.maxCandidates = maxCandidates;
  }

  /// Warms models up until their requests cost no less, or the time is over.
  ///
  /// @param itemsOf what each model's requests ask for; not empty
  /// @return how many requests were scored
  public int run(Map<LiveModel, long[]> itemsOf, Duration most) {
    List<ScoreRequest> small = new ArrayList<>();
    List<ScoreRequest> shapes = new ArrayList<>();
    for (Map.Entry<LiveModel, long[]> each : itemsOf.entrySet()) {
      Requests requests = new Requests(each.getKey(), each.getValue());
      for (int i = 0; i < REQUESTS; i++) {
        small.add(requests.next(CANDIDATES[i % CANDIDATES.length], i));
      }
      for (int candidates : SHAPES) {
        shapes.add(requests.next(candidates, 0));
        shapes.add(requests.next(candidates, 1));
      }
    }
    long end = System.nanoTime() + most.toNanos();
    int scored = 0;
    for (int i = 0; i < SHAPE_ROUNDS && (i == 0 || System.nanoTime() < end); i++) {
      scored += send(shapes);
    }
    Settling settling = new Settling();
    boolean settled = false;
    while (!settled && System.nanoTime() < end) {
      long start = System.nanoTime();
      long cpu = system.getProcessCpuTime();
      int sent = 0;
      while (System.nanoTime() - start < ROUND_NANOS) {
        sent += send(small);
      }
      settled = settling.add((double) (system.getProcessCpuTime() - cpu) / sent);
      scored += sent;
    }
    return scored;
  }

  /// Sends all of these and waits for their answers.
  private int send(List<ScoreRequest> requests) {
    Semaphore places = new Semaphore(atOnce);
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    for (ScoreRequest request : requests) {
      places.acquireUninterruptibly();
      var _ =
          caller
              .score(request)
              .whenComplete(
                  (_, refused) -> {
                    if (refused != null && !mayRefuse(refused)) {
                      failure.compareAndSet(null, refused);
                    }
                    places.release();
                  });
    }
    places.acquireUninterruptibly(atOnce);
    Throwable first = failure.get();
    if (first != null) {
      throw new IllegalStateException(
          "a request of the warm-up failed: " + first.getMessage(), first);
    }
    return requests.size();
  }

  /// A server that is set to refuse soon, or to take small requests only, may refuse these too.
  private static boolean mayRefuse(Throwable failure) {
    return failure instanceof RequestException e
        && switch (e.code()) {
          case RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED, INVALID_ARGUMENT -> true;
          default -> false;
        };
  }

  /// Makes requests of the first of a model's items.
  private final class Requests {
    private final LiveModel model;
    private final long[] items;
    private final int most;
    private final Random random = new Random(1);

    Requests(LiveModel model, long[] items) {
      this.model = model;
      this.items = items;
      this.most = Math.min(items.length, MOST_ITEMS);
    }

    /// @param number one of three has no history, the others half and all of it
    ScoreRequest next(int candidates, int number) {
      int clicks = model.manifest().dims().historyLength() * (number % 3) / 2;
      User.Builder user = User.newBuilder().setUserId(1 + random.nextInt(1000));
      for (int i = 0; i < clicks; i++) {
        user.addHistory(item());
      }
      ScoreRequest.Builder request =
          ScoreRequest.newBuilder()
              .setRequestId("warm-up-" + number)
              .setModel(model.model())
              .setVersion(model.version())
              .setExact(number % 2 == 0);
      for (FeatureColumn column : model.manifest().features().profile()) {
        user.putProfile(column.name(), value(column));
      }
      for (FeatureColumn column : model.manifest().features().context()) {
        request.putContext(column.name(), value(column));
      }
      for (int i = 0; i < Math.min(candidates, maxCandidates); i++) {
        Candidate.Builder candidate = request.addCandidatesBuilder().setItemId(item());
        if (number % 2 == 0) {
          candidate.setPctrBase(random.nextDouble());
        }
      }
      return request.setUser(user).build();
    }

    private long item() {
      return items[random.nextInt(most)];
    }

    private FeatureValue value(FeatureColumn column) {
      return column.kind() == FeatureColumn.Kind.NUMERIC
          ? FeatureValue.newBuilder().setNumber(random.nextInt(24)).build()
          : FeatureValue.newBuilder().setText("v" + random.nextInt(24)).build();
    }
  }
}
