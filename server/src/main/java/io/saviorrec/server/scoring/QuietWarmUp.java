package io.saviorrec.server.scoring;

import io.saviorrec.contract.RequestDecoder;
import io.saviorrec.proto.v1.Priority;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.server.registry.LiveModel;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.OwnCall;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.request.Stage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

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

  /// What came of requests.
  ///
  /// @param nanos what they took on the threads
  private record Sent(int answered, int refused, long nanos) {
    static final Sent NOTHING = new Sent(0, 0, 0);

    Sent and(Sent other) {
      return new Sent(answered + other.answered, refused + other.refused, nanos + other.nanos);
    }
  }

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
    Settling settling = new Settling();
    long end = System.nanoTime() + most.toNanos();
    int least = ROUNDS_EACH_THREAD * threads;
    int scored = 0;
    boolean settled = false;
    for (int round = 0;
        round == 0 || (System.nanoTime() < end && !(settled && round >= least));
        round++) {
      Sent alone = Sent.NOTHING;
      for (int candidates : CANDIDATES) {
        for (int history = 0; history < HISTORIES; history++) {
          alone = alone.and(send(List.of(ready(requests.next(candidates, history)))));
        }
      }
      List<ScoreRequest> together =
          IntStream.range(0, 2 * threads).mapToObj(i -> ready(requests.next(SMALL, i))).toList();
      scored += alone.answered + send(together).answered;
      if (!wanted.getAsBoolean()) {
        return scored;
      }
      // A round of which something was refused says nothing of the cost.
      settled |= alone.refused == 0 && settling.add((double) alone.nanos);
    }
    return scored;
  }

  /// Under overload it is refused, and never answered with less than the whole model.
  private static ScoreRequest ready(ScoreRequest.Builder request) {
    return request.setPriority(Priority.LOW).setExact(true).build();
  }

  /// Sends these at once, waits for their answers, and then leaves the threads to callers.
  private Sent send(List<ScoreRequest> some) {
    List<CompletableFuture<ScoreAnswer>> answers = new ArrayList<>();
    List<OwnCall> calls = new ArrayList<>();
    for (ScoreRequest request : some) {
      OwnCall call = new OwnCall();
      calls.add(call);
      answers.add(scorer.score(RequestDecoder.decode(request), call));
    }
    int answered = 0;
    for (CompletableFuture<ScoreAnswer> answer : answers) {
      answered += answered(answer) ? 1 : 0;
    }
    Sent sent =
        new Sent(
            answered,
            some.size() - answered,
            calls.stream().mapToLong(QuietWarmUp::ranNanos).sum());
    LockSupport.parkNanos(
        sent.refused > 0 ? REFUSED_PAUSE_NANOS : Math.min(PAUSE * sent.nanos, LONGEST_PAUSE_NANOS));
    return sent;
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

  private static long ranNanos(OwnCall call) {
    return call.times().nanos(Stage.ITEMS) + call.times().nanos(Stage.COMPUTE);
  }
}
