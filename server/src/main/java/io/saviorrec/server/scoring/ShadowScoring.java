package io.saviorrec.server.scoring;

import io.saviorrec.contract.DecodedRequest;
import io.saviorrec.proto.v1.Degradation;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.metrics.Meters;
import io.saviorrec.server.metrics.ModelMetrics;
import io.saviorrec.server.metrics.ShadowMetrics;
import io.saviorrec.server.registry.LiveModel;
import io.saviorrec.server.registry.ModelHandle;
import io.saviorrec.server.registry.Registry;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.OwnCall;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.routing.Shadow;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Scores a share of the requests on other versions too, for nobody, and counts how far their
/// scores lie from those that were answered.
///
/// It begins when the answer has been handed on, waits behind every caller's request, and takes
/// half of the threads at most. Where a caller's request waits, it is left out and counted.
final class ShadowScoring {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /// What the server says of its load, not of the model.
  private static final Set<ErrorCode> NO_ROOM =
      Set.of(ErrorCode.RESOURCE_EXHAUSTED, ErrorCode.DEADLINE_EXCEEDED, ErrorCode.UNAVAILABLE);

  private final Registry registry;
  private final Lane lane;
  private final Scorer scorer;
  private final Semaphore room;
  private final ModelMetrics unseen = new ModelMetrics(Meters.unseen(), "shadow", 0, "shadow");

  /// @param scorer scores what is seen by nobody
  ShadowScoring(Registry registry, Lane lane, Scorer scorer) {
    this.registry = registry;
    this.lane = lane;
    this.scorer = scorer;
    this.room = new Semaphore(Math.max(1, lane.threads() / 2));
  }

  /// A request was answered.
  ///
  /// @param by the version that did
  void answered(DecodedRequest request, RequestRecorder.Model by, ScoreAnswer answer) {
    for (Shadow shadow : registry.current().router().shadows()) {
      if (answer.degraded() == Degradation.DEGRADATION_UNSPECIFIED
          && ThreadLocalRandom.current().nextDouble() < shadow.share()) {
        score(request, by, answer, shadow);
      }
    }
  }

  private void score(
      DecodedRequest request, RequestRecorder.Model by, ScoreAnswer answer, Shadow shadow) {
    ModelHandle handle;
    try {
      handle = registry.acquire(_ -> shadow.route());
    } catch (RequestException | IllegalStateException _) {
      // Another routing has come, or the server stops.
      return;
    }
    LiveModel model = handle.model();
    if (model.model().equals(by.model()) && model.version() == by.version()) {
      handle.close();
      return;
    }
    ShadowMetrics counted = model.metrics().shadow();
    if (lane.queued() > 0 || !room.tryAcquire()) {
      counted.dropped();
      handle.close();
      return;
    }
    var _ =
        scorer
            .score(
                request.inShadow(), handle, unseen, new OwnCall(PATIENCE_NANOS), System.nanoTime())
            .whenComplete(
                (scored, failure) -> {
                  room.release();
                  count(counted, answer, scored, failure);
                });
  }

  private static void count(
      ShadowMetrics counted,
      ScoreAnswer answer,
      @Nullable ScoreAnswer scored,
      @Nullable Throwable failure) {
    if (scored != null) {
      float[] same = new float[answer.pctr().length];
      for (int i = 0; i < same.length; i++) {
        same[i] = scored.pctr()[answer.place(i)];
      }
      counted.scored(answer.pctr(), same);
      return;
    }
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (cause instanceof RequestException refused && NO_ROOM.contains(refused.code())) {
      counted.dropped();
    } else {
      counted.failed();
    }
  }
}
