package io.saviorrec.server.scoring;

import io.saviorrec.contract.DecodedRequest;
import io.saviorrec.contract.EncodedRequest;
import io.saviorrec.contract.RequestNotes;
import io.saviorrec.feature.FeatureException;
import io.saviorrec.proto.v1.Degradation;
import io.saviorrec.server.admission.Demand;
import io.saviorrec.server.admission.Overload;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.config.ServerConfig;
import io.saviorrec.server.health.ModelHealth;
import io.saviorrec.server.metrics.Meters;
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
import io.saviorrec.server.routing.Route;
import io.saviorrec.server.routing.RouteRequest;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Answers one request, end to end: route, validate, wait for a scoring thread, and there score it
/// with others that wait ([BatchScoring]).
///
/// What is wrong with a request is found on the caller's thread, before it takes a place in the
/// queue.
public final class Scorer {
  private final Registry registry;
  private final Lane lane;
  private final Overload overload;
  private final int batchRows;
  private final RequestValidator validator;
  private final RequestMetrics metrics;
  private final BiConsumer<String, @Nullable Throwable> health;
  private final RequestRecorder recorder;
  private final @Nullable ShadowScoring shadows;

  /// Where a model's requests count.
  private final Function<LiveModel, ModelMetrics> counted;

  /// @param overload says which requests are degraded
  /// @param batchRows the most candidates of requests that are scored together
  /// @param health hears how each call of a model ended
  /// @param recorder sees every request that a model took on
  public Scorer(
      Registry registry,
      Lane lane,
      Overload overload,
      ServerConfig.Scoring rules,
      int batchRows,
      RequestMetrics metrics,
      ModelHealth health,
      RequestRecorder recorder) {
    this.recorder = recorder;
    this.registry = registry;
    this.lane = lane;
    this.overload = overload;
    this.batchRows = batchRows;
    this.validator = new RequestValidator(rules);
    this.metrics = metrics;
    this.health = health::ended;
    this.counted = LiveModel::metrics;
    this.shadows = new ShadowScoring(registry, lane, new Scorer(this, metrics));
  }

  /// Scores for nobody, and says nothing of a model's health: callers get no scores of it.
  private Scorer(Scorer like, RequestMetrics metrics) {
    this.recorder = RequestRecorder.NONE;
    this.registry = like.registry;
    this.lane = like.lane;
    this.overload = like.overload;
    this.batchRows = like.batchRows;
    this.validator = like.validator;
    this.metrics = metrics;
    this.health = (model, failure) -> {};
    this.counted = like.counted;
    this.shadows = null;
  }

  private Scorer(Scorer like, Registry registry, RequestMetrics metrics, Meters models) {
    this.recorder = RequestRecorder.NONE;
    this.registry = registry;
    this.shadows = null;
    this.lane = like.lane;
    this.overload = like.overload;
    this.batchRows = like.batchRows;
    this.validator = like.validator;
    this.metrics = metrics;
    this.health = like.health;
    Map<LiveModel, ModelMetrics> made = new ConcurrentHashMap<>();
    this.counted =
        model ->
            made.computeIfAbsent(
                model,
                each -> new ModelMetrics(models, each.model(), each.version(), each.variant()));
  }

  /// Scores as this one does, and is recorded by nobody.
  ///
  /// @param with whose models
  /// @param requests where requests count
  /// @param models where they count by their models
  public Scorer unseen(Registry with, RequestMetrics requests, Meters models) {
    return new Scorer(this, with, requests, models);
  }

  public CompletableFuture<ScoreAnswer> score(DecodedRequest request, Call call) {
    long start = System.nanoTime();
    ModelHandle handle;
    try {
      RequestValidator.validateRoute(request);
      RouteRequest asked = asked(request);
      requireChoice(asked, call);
      handle = registry.acquire(live -> live.router().route(asked));
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
    ModelMetrics seen = counted.apply(handle.model());
    metrics.answers(call, seen, handle.route().bucket(), RequestValidator.priority(request));
    CompletableFuture<ScoreAnswer> answer = new CompletableFuture<>();
    RequestRecorder.Model model = name(handle.model());
    describe(request, model, call);
    var _ =
        score(request, handle, seen, call, start)
            // Not `whenComplete`, which would wrap the failure and walk the stack for that.
            .handle(
                (response, failure) -> {
                  recorder.ended(request, model, response, failure, call.times());
                  if (failure == null) {
                    answer.complete(response);
                    if (shadows != null) {
                      shadows.answered(request, model, response);
                    }
                  } else {
                    // What is logged of a failure carries the request's names.
                    try (LogScope _ =
                        LogScope.of(
                            request.requestId(), call.caller(), call.trace(), model.model())) {
                      answer.completeExceptionally(failure);
                    }
                  }
                  return response;
                });
    return answer;
  }

  /// What a request says of where it should go.
  private static RouteRequest asked(DecodedRequest request) {
    return new RouteRequest(
        request.model(),
        request.version(),
        request.label(),
        request.bucket(),
        request.flags(),
        request.userId(),
        request.requestId());
  }

  private static void requireChoice(RouteRequest asked, Call call) {
    if (asked.choosesVersion() && !call.mayChoose()) {
      throw new RequestException(
          ErrorCode.PERMISSION_DENIED,
          call.caller() + " lacks the right choose, which naming a version or label needs");
    }
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
      Admitted admitted = admit(request, handle.model(), counted, handle.route(), start);
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
      return submit(admitted, call, demand);
    }
    Overload.Steps steps = overload.steps(call, demand);
    boolean baseScores = overload.givesBaseScores() && request.hasAllBaseScores();
    if (steps.baseScore() && baseScores) {
      return CompletableFuture.completedFuture(admitted.answers().baseScores());
    }
    Admitted taken = steps.shortHistory() ? withShortHistory(admitted) : admitted;
    Demand needed = taken.shortened() ? demand(taken, call) : demand;
    if (!baseScores) {
      return submit(taken, call, needed);
    }
    try {
      return orBaseScores(admitted, submit(taken, call, needed));
    } catch (RequestException e) {
      if (e.code() == ErrorCode.RESOURCE_EXHAUSTED) {
        return CompletableFuture.completedFuture(admitted.answers().baseScores());
      }
      throw e;
    }
  }

  private CompletableFuture<ScoreAnswer> submit(Admitted admitted, Call call, Demand demand) {
    return lane.submit(call, demand, kind(admitted), admitted);
  }

  /// Requests that go together name no more items than the largest one may: so many slots there are
  /// for each thread.
  private BatchScoring kind(Admitted admitted) {
    return new BatchScoring(admitted.time(), batchRows, admitted.model().states().mostItems());
  }

  private Demand demand(Admitted admitted, Call call) {
    return Demand.within(
        call,
        RequestValidator.priority(admitted.request()),
        admitted.time(),
        admitted.parts(),
        admitted.parts() * kind(admitted).companions(admitted));
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
      health.accept(handle.model().toString(), failure);
    }
    handle.close();
  }

  private Admitted admit(
      DecodedRequest request, LiveModel handle, ModelMetrics counted, Route route, long start) {
    validator.validate(request);
    try {
      EncodedRequest encoded = handle.requests().encode(request);
      RequestNotes notes = encoded.notes();
      counted.unused(notes.futureClicks(), notes.unusedColumns());
      validator.validate(request, notes, handle.requests());
      return new Admitted(new Answers(request, notes, handle, counted, route, start), encoded);
    } catch (FeatureException e) {
      throw RequestException.invalid(String.valueOf(e.getMessage()));
    }
  }
}
