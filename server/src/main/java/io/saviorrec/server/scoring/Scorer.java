package io.saviorrec.server.scoring;

import io.saviorrec.contract.DecodedRequest;
import io.saviorrec.contract.EncodedRequest;
import io.saviorrec.contract.ScoreBatch;
import io.saviorrec.feature.FeatureException;
import io.saviorrec.proto.v1.Degradation;
import io.saviorrec.server.admission.Demand;
import io.saviorrec.server.admission.Overload;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.health.ModelHealth;
import io.saviorrec.server.metrics.ModelMetrics;
import io.saviorrec.server.metrics.RequestMetrics;
import io.saviorrec.server.registry.LiveModel;
import io.saviorrec.server.registry.ModelHandle;
import io.saviorrec.server.registry.Registry;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.CallTrace;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.LogScope;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.request.Stage;
import io.saviorrec.server.states.ItemLease;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// Scores one request, end to end: route, validate, wait for a scoring thread, look up the items,
/// run the model.
///
/// What is wrong with a request is found on the caller's thread, before it takes a place in the
/// queue.
public final class Scorer {
  private final Registry registry;
  private final Lane lane;
  private final Overload overload;
  private final RequestValidator validator;
  private final RequestMetrics metrics;
  private final ModelHealth health;
  private final RequestRecorder recorder;

  /// A request that may enter the queue.
  private record Admitted(Answers answers, EncodedRequest encoded) {
    DecodedRequest request() {
      return answers.request();
    }

    LiveModel model() {
      return answers.model();
    }

    Admitted with(EncodedRequest other) {
      return new Admitted(answers, other);
    }

    /// Whether the history was shortened.
    boolean shortened() {
      int clicks = request().history().length;
      return encoded.history().length < Math.min(clicks, model().manifest().dims().historyLength());
    }
  }

  /// @param overload says which requests are degraded
  /// @param health hears how each call of a model ended
  /// @param recorder sees every request that a model took on
  public Scorer(
      Registry registry,
      Lane lane,
      Overload overload,
      int maxCandidates,
      RequestMetrics metrics,
      ModelHealth health,
      RequestRecorder recorder) {
    this.recorder = recorder;
    this.registry = registry;
    this.lane = lane;
    this.overload = overload;
    this.validator = new RequestValidator(maxCandidates);
    this.metrics = metrics;
    this.health = health;
  }

  public CompletableFuture<ScoreAnswer> score(DecodedRequest request, Call call) {
    long start = System.nanoTime();
    ModelHandle handle;
    try {
      RequestValidator.validateRoute(request);
      handle =
          registry.acquire(
              live -> live.router().route(request.model(), request.bucket(), request.userId()),
              request.version());
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
    metrics.answers(call, handle.model().metrics(), handle.route().bucket());
    CompletableFuture<ScoreAnswer> answer = new CompletableFuture<>();
    RequestRecorder.Model model = name(handle.model());
    describe(request, model, call);
    var _ =
        score(request, handle, handle.model().metrics(), call, start)
            .whenComplete(
                (response, failure) -> {
                  recorder.ended(request, model, response, failure, call.times());
                  if (failure == null) {
                    answer.complete(response);
                  } else {
                    // What is logged of a failure carries the request's names.
                    try (LogScope _ =
                        LogScope.of(
                            request.requestId(), call.caller(), call.trace(), model.model())) {
                      answer.completeExceptionally(failure);
                    }
                  }
                });
    return answer;
  }

  /// What a trace shows of a scoring request.
  private static void describe(DecodedRequest request, RequestRecorder.Model model, Call call) {
    CallTrace trace = call.trace();
    if (!trace.traceId().isEmpty()) {
      trace.attribute("model", model.model());
      trace.attribute("version", model.version());
      trace.attribute("variant", model.variant());
      trace.attribute("candidates", request.candidates().length);
      trace.attribute("request_id", LogScope.plain(request.requestId()));
      trace.follow(call.times());
    }
  }

  private static RequestRecorder.Model name(LiveModel model) {
    return new RequestRecorder.Model(model.model(), model.version(), model.variant());
  }

  /// Scores with a model that was chosen already.
  ///
  /// @param handle closed when the request has ended
  /// @param counted where the request counts
  CompletableFuture<ScoreAnswer> score(
      DecodedRequest request, ModelHandle handle, ModelMetrics counted, Call call, long start) {
    try {
      Admitted admitted = admit(request, handle.model(), counted, handle.route().bucket(), start);
      call.times().add(Stage.ROUTE, System.nanoTime() - start);
      return answer(admitted, call)
          .whenComplete((response, failure) -> finished(handle, response, failure));
    } catch (Throwable e) {
      finished(handle, null, e);
      return CompletableFuture.failedFuture(e);
    }
  }

  /// Scores by the model, or with what overload leaves of it. An answer of base scores needs no
  /// place and is made at once, on the caller's thread.
  private CompletableFuture<ScoreAnswer> answer(Admitted admitted, Call call) {
    DecodedRequest request = admitted.request();
    Demand demand = demand(admitted, call);
    if (request.exact()) {
      return lane.submit(call, demand, queued -> run(admitted, call, queued));
    }
    Overload.Steps steps = overload.steps(call, demand);
    boolean baseScores = overload.givesBaseScores() && request.hasAllBaseScores();
    if (steps.baseScore() && baseScores) {
      return CompletableFuture.completedFuture(admitted.answers().baseScores());
    }
    Admitted taken = steps.shortHistory() ? withShortHistory(admitted) : admitted;
    Demand needed = taken.shortened() ? demand(taken, call) : demand;
    if (!baseScores) {
      return lane.submit(call, needed, queued -> run(taken, call, queued));
    }
    try {
      return orBaseScores(admitted, lane.submit(call, needed, queued -> run(taken, call, queued)));
    } catch (RequestException e) {
      if (e.code() == ErrorCode.RESOURCE_EXHAUSTED) {
        return CompletableFuture.completedFuture(admitted.answers().baseScores());
      }
      throw e;
    }
  }

  private static Demand demand(Admitted admitted, Call call) {
    return Demand.within(
        call,
        RequestValidator.priority(admitted.request()),
        admitted.shortened() ? admitted.model().shortScoringTime() : admitted.model().scoringTime(),
        admitted.request().candidates().length);
  }

  private Admitted withShortHistory(Admitted admitted) {
    int historyLength = admitted.model().manifest().dims().historyLength();
    return admitted.with(admitted.encoded().withRecent(overload.shortHistory(historyLength)));
  }

  /// For work that is pushed out of the queue.
  private static CompletableFuture<ScoreAnswer> orBaseScores(
      Admitted admitted, CompletableFuture<ScoreAnswer> scored) {
    CompletableFuture<ScoreAnswer> answer = new CompletableFuture<>();
    var _ =
        scored.whenComplete(
            (response, failure) -> {
              if (failure == null) {
                answer.complete(response);
              } else if (failure instanceof RequestException e
                  && e.code() == ErrorCode.RESOURCE_EXHAUSTED) {
                answer.complete(admitted.answers().baseScores());
              } else {
                answer.completeExceptionally(failure);
              }
            });
    return answer;
  }

  private void finished(
      ModelHandle handle, @Nullable ScoreAnswer response, @Nullable Throwable failure) {
    // Base scores say nothing of the model.
    if (response == null || response.degraded() != Degradation.BASE_SCORE) {
      health.ended(handle.model().toString(), failure);
    }
    handle.close();
  }

  private Admitted admit(
      DecodedRequest request, LiveModel handle, ModelMetrics counted, String bucket, long start) {
    validator.validate(request);
    try {
      return new Admitted(
          new Answers(request, handle, counted, bucket, start), handle.requests().encode(request));
    } catch (FeatureException e) {
      throw RequestException.invalid(String.valueOf(e.getMessage()));
    }
  }

  private ScoreAnswer run(Admitted admitted, Call call, long queuedNanos) {
    LiveModel model = admitted.model();
    EncodedRequest encoded = admitted.encoded();
    long itemsStart = System.nanoTime();
    try (ItemLease lease = model.states().lease(encoded.candidates(), encoded.history(), call)) {
      // Last look before the expensive part.
      call.check();
      long modelStart = System.nanoTime();
      call.times().add(Stage.ITEMS, modelStart - itemsStart);
      ScoreBatch batch =
          ScoreBatch.of(encoded.withSlots(lease.historySlots(), lease.candidateSlots()));
      float[] pctr = model.engine().score(batch)[0];
      long end = System.nanoTime();
      call.times().add(Stage.COMPUTE, end - modelStart);
      // Nobody would see the answer.
      call.check();
      return admitted
          .answers()
          .scores(
              pctr,
              lease,
              admitted.shortened(),
              new Answers.Spent(queuedNanos, modelStart - itemsStart, end - modelStart));
    }
  }
}
