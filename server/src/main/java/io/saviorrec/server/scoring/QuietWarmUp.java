package io.saviorrec.server.scoring;

import io.saviorrec.contract.RequestDecoder;
import io.saviorrec.proto.v1.Priority;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.server.registry.LiveModel;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.request.Stage;
import io.saviorrec.server.request.StageTimes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// Scores requests of a model that is not live yet, on the threads that score those of callers, so
/// that no caller pays for what a model does once on each thread and for each shape.
///
/// Beside traffic: one request at a time, with the lowest priority, and between two of them a pause
/// of [#PAUSE] times what the last one took. So a caller waits for one of them at most, and seldom.
/// Now and then as many small ones are sent at once as let some wait and be scored together.
public final class QuietWarmUp {
  private static final int[] CANDIDATES = {1, 20, 100, 500};
  private static final int HISTORIES = 3;
  private static final int SMALL = 20;
  private static final int PAUSE = 3;
  private static final long LONGEST_PAUSE_NANOS = 200_000_000;
  private static final long REFUSED_PAUSE_NANOS = 20_000_000;

  /// Threads take turns when they are idle, so this many rounds bring each shape to each of them.
  private static final int ROUNDS_EACH_THREAD = 3;

  private final Scorer scorer;
  private final int threads;
  private final int maxCandidates;
  private final BooleanSupplier wanted;

  /// @param scorer of a registry that has the model alone
  /// @param threads that score
  /// @param wanted false when it is to end at once
  public QuietWarmUp(Scorer scorer, int threads, int maxCandidates, BooleanSupplier wanted) {
    this.scorer = scorer;
    this.threads = threads;
    this.maxCandidates = maxCandidates;
    this.wanted = wanted;
  }

  /// Scores until requests take no less time than those before, or the time is over; every shape
  /// once at least.
  ///
  /// @param items what the requests ask for; not empty
  /// @return how many requests were scored
  /// @throws IllegalStateException when the model cannot score one
  public int run(LiveModel model, long[] items, Duration most) {
    WarmUpRequests requests = new WarmUpRequests(model, items, maxCandidates);
    List<ScoreRequest> shapes = new ArrayList<>();
    for (int candidates : CANDIDATES) {
      for (int history = 0; history < HISTORIES; history++) {
        shapes.add(ready(requests.next(candidates, history)));
      }
    }
    List<ScoreRequest> together = new ArrayList<>();
    for (int i = 0; i < 2 * threads; i++) {
      together.add(ready(requests.next(SMALL, i)));
    }
    Settling settling = new Settling();
    long end = System.nanoTime() + most.toNanos();
    int scored = 0;
    boolean settled = false;
    for (int round = 0;
        round == 0
            || (System.nanoTime() < end && !(settled && round >= ROUNDS_EACH_THREAD * threads));
        round++) {
      long nanos = 0;
      for (ScoreRequest shape : shapes) {
        nanos += send(List.of(shape));
      }
      long _ = send(together);
      scored += shapes.size() + together.size();
      settled |= settling.add((double) nanos);
      if (!wanted.getAsBoolean()) {
        return scored;
      }
    }
    return scored;
  }

  /// Under overload it is refused, and never answered with less than the whole model.
  private static ScoreRequest ready(ScoreRequest.Builder request) {
    return request.setPriority(Priority.LOW).setExact(true).build();
  }

  /// Sends these at once, waits for their answers and then for callers.
  ///
  /// @return what they took on the threads
  private long send(List<ScoreRequest> some) {
    List<CompletableFuture<ScoreAnswer>> answers = new ArrayList<>();
    List<Own> calls = new ArrayList<>();
    for (ScoreRequest request : some) {
      Own call = new Own();
      calls.add(call);
      answers.add(scorer.score(RequestDecoder.decode(request), call));
    }
    boolean refused = false;
    for (CompletableFuture<ScoreAnswer> answer : answers) {
      refused |= !answered(answer);
    }
    long nanos = calls.stream().mapToLong(Own::ranNanos).sum();
    LockSupport.parkNanos(
        refused ? REFUSED_PAUSE_NANOS : Math.min(PAUSE * nanos, LONGEST_PAUSE_NANOS));
    return nanos;
  }

  /// A server that has no room, or takes smaller requests only, refuses these too.
  private static boolean answered(CompletableFuture<ScoreAnswer> answer) {
    try {
      ScoreAnswer _ = answer.join();
      return true;
    } catch (CompletionException e) {
      if (e.getCause() instanceof RequestException refusal
          && (refusal.code() == ErrorCode.RESOURCE_EXHAUSTED
              || refusal.code() == ErrorCode.INVALID_ARGUMENT)) {
        return false;
      }
      throw new IllegalStateException(
          "a request of the warm-up failed: "
              + (e.getCause() == null ? e : e.getCause()).getMessage(),
          e);
    }
  }

  /// A call of the server's own that knows where its time went.
  private static final class Own implements Call {
    private final StageTimes times = new StageTimes(System.nanoTime());

    long ranNanos() {
      return times.nanos(Stage.ITEMS) + times.nanos(Stage.COMPUTE);
    }

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

    @Override
    public Object source() {
      return OWN;
    }

    @Override
    public StageTimes times() {
      return times;
    }
  }
}
