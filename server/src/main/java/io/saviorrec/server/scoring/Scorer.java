package io.saviorrec.server.scoring;

import io.saviorrec.contract.EncodedRequest;
import io.saviorrec.contract.ScoreBatch;
import io.saviorrec.feature.FeatureException;
import io.saviorrec.proto.v1.Degradation;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.Timings;
import io.saviorrec.server.admission.Demand;
import io.saviorrec.server.admission.Overload;
import io.saviorrec.server.batching.Lane;
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
import io.saviorrec.server.states.ItemLease;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Scores one request, end to end: route, validate, wait for a scoring thread, look up the items,
/// run the model.
///
/// What is wrong with a request is found on the caller's thread, before it takes a place in the
/// queue.
public final class Scorer {
  private static final int MAX_SOURCE = ScoreSource.PCTR_BASE.getNumber();

  private final Registry registry;
  private final Lane lane;
  private final Overload overload;
  private final RequestValidator validator;
  private final RequestMetrics metrics;
  private final ModelHealth health;
  private final RequestRecorder recorder;

  /// Where a model's requests count.
  private final Function<LiveModel, ModelMetrics> counted;

  /// A request that may enter the queue.
  private record Admitted(
      ScoreRequest request,
      LiveModel handle,
      ModelMetrics metrics,
      String bucket,
      long startNanos,
      EncodedRequest encoded) {
    Admitted with(EncodedRequest other) {
      return new Admitted(request, handle, metrics, bucket, startNanos, other);
    }

    /// Whether the history was shortened.
    boolean shortened() {
      int clicks = request.getUser().getHistoryCount();
      return encoded.history().length < Math.min(clicks, handle.manifest().dims().historyLength());
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
    this.counted = LiveModel::metrics;
  }

  private Scorer(Scorer like, RequestMetrics metrics, Meters models) {
    this.recorder = RequestRecorder.NONE;
    this.registry = like.registry;
    this.lane = like.lane;
    this.overload = like.overload;
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
  /// @param requests where requests count
  /// @param models where they count by their models
  public Scorer unseen(RequestMetrics requests, Meters models) {
    return new Scorer(this, requests, models);
  }

  public CompletableFuture<ScoreResponse> score(ScoreRequest request, Call call) {
    long start = System.nanoTime();
    ModelHandle handle;
    try {
      RequestValidator.validateRoute(request);
      handle =
          registry.acquire(
              live ->
                  live.router()
                      .route(
                          request.getModel(), request.getBucket(), request.getUser().getUserId()),
              request.getVersion());
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
    ModelMetrics seen = counted.apply(handle.model());
    metrics.answers(call, seen, handle.route().bucket());
    CompletableFuture<ScoreResponse> answer = new CompletableFuture<>();
    RequestRecorder.Model model = name(handle.model());
    describe(request, model, call);
    var _ =
        score(request, handle, seen, call, start)
            .whenComplete(
                (response, failure) -> {
                  recorder.ended(request, model, response, failure, call.times());
                  if (failure == null) {
                    answer.complete(response);
                  } else {
                    // What is logged of a failure carries the request's names.
                    try (LogScope _ =
                        LogScope.of(
                            request.getRequestId(), call.caller(), call.trace(), model.model())) {
                      answer.completeExceptionally(failure);
                    }
                  }
                });
    return answer;
  }

  /// What a trace shows of a scoring request.
  private static void describe(ScoreRequest request, RequestRecorder.Model model, Call call) {
    CallTrace trace = call.trace();
    if (!trace.traceId().isEmpty()) {
      trace.attribute("model", model.model());
      trace.attribute("version", model.version());
      trace.attribute("variant", model.variant());
      trace.attribute("candidates", request.getCandidatesCount());
      trace.attribute("request_id", LogScope.plain(request.getRequestId()));
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
  CompletableFuture<ScoreResponse> score(
      ScoreRequest request, ModelHandle handle, ModelMetrics counted, Call call, long start) {
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
  private CompletableFuture<ScoreResponse> answer(Admitted admitted, Call call) {
    ScoreRequest request = admitted.request();
    Demand demand = demand(admitted, call);
    if (request.getExact()) {
      return lane.submit(call, demand, queued -> run(admitted, call, queued));
    }
    Overload.Steps steps = overload.steps(call, demand);
    boolean baseScores = overload.givesBaseScores() && BaseScores.complete(request);
    if (steps.baseScore() && baseScores) {
      return CompletableFuture.completedFuture(baseScores(admitted));
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
        return CompletableFuture.completedFuture(baseScores(admitted));
      }
      throw e;
    }
  }

  private static Demand demand(Admitted admitted, Call call) {
    return Demand.within(
        call,
        RequestValidator.priority(admitted.request()),
        admitted.shortened()
            ? admitted.handle().shortScoringTime()
            : admitted.handle().scoringTime(),
        admitted.request().getCandidatesCount());
  }

  private Admitted withShortHistory(Admitted admitted) {
    int historyLength = admitted.handle().manifest().dims().historyLength();
    return admitted.with(admitted.encoded().withRecent(overload.shortHistory(historyLength)));
  }

  /// For work that is pushed out of the queue.
  private static CompletableFuture<ScoreResponse> orBaseScores(
      Admitted admitted, CompletableFuture<ScoreResponse> scored) {
    CompletableFuture<ScoreResponse> answer = new CompletableFuture<>();
    var _ =
        scored.whenComplete(
            (response, failure) -> {
              if (failure == null) {
                answer.complete(response);
              } else if (failure instanceof RequestException e
                  && e.code() == ErrorCode.RESOURCE_EXHAUSTED) {
                answer.complete(baseScores(admitted));
              } else {
                answer.completeExceptionally(failure);
              }
            });
    return answer;
  }

  private static ScoreResponse baseScores(Admitted admitted) {
    admitted.metrics().degraded(Degradation.BASE_SCORE);
    admitted.metrics().source(ScoreSource.PCTR_BASE, admitted.request().getCandidatesCount());
    return BaseScores.fill(begin(admitted), admitted.request())
        .setTimings(
            Timings.newBuilder().setTotalUs(micros(System.nanoTime() - admitted.startNanos())))
        .build();
  }

  /// An answer that names the model, without scores.
  private static ScoreResponse.Builder begin(Admitted admitted) {
    LiveModel handle = admitted.handle();
    return ScoreResponse.newBuilder()
        .setRequestId(admitted.request().getRequestId())
        .setModel(handle.model())
        .setVersion(handle.version())
        .setVariant(handle.variant())
        .setBucket(admitted.bucket());
  }

  private void finished(
      ModelHandle handle, @Nullable ScoreResponse response, @Nullable Throwable failure) {
    // Base scores say nothing of the model.
    if (response == null || !response.getDegradedList().contains(Degradation.BASE_SCORE)) {
      health.ended(handle.model().toString(), failure);
    }
    handle.close();
  }

  private Admitted admit(
      ScoreRequest request, LiveModel handle, ModelMetrics counted, String bucket, long start) {
    validator.validate(request);
    try {
      return new Admitted(
          request, handle, counted, bucket, start, handle.requests().encode(request));
    } catch (FeatureException e) {
      throw RequestException.invalid(String.valueOf(e.getMessage()));
    }
  }

  private ScoreResponse run(Admitted admitted, Call call, long queuedNanos) {
    LiveModel handle = admitted.handle();
    EncodedRequest encoded = admitted.encoded();
    long itemsStart = System.nanoTime();
    try (ItemLease lease = handle.states().lease(encoded.candidates(), encoded.history(), call)) {
      // Last look before the expensive part.
      call.check();
      long modelStart = System.nanoTime();
      call.times().add(Stage.ITEMS, modelStart - itemsStart);
      ScoreBatch batch =
          ScoreBatch.of(encoded.withSlots(lease.historySlots(), lease.candidateSlots()));
      float[] pctr = handle.engine().score(batch)[0];
      long end = System.nanoTime();
      call.times().add(Stage.COMPUTE, end - modelStart);
      // Nobody would see the answer.
      call.check();
      checkScores(pctr, admitted, handle);
      admitted.metrics().scored(pctr.length);
      Timings timings =
          Timings.newBuilder()
              .setQueueUs(micros(queuedNanos))
              .setItemsUs(micros(modelStart - itemsStart))
              .setModelUs(micros(end - modelStart))
              .setTotalUs(micros(end - admitted.startNanos()))
              .build();
      return response(admitted, lease, pctr, timings);
    }
  }

  /// A model that answers nonsense must not look like one that answers.
  private static void checkScores(float[] pctr, Admitted admitted, LiveModel handle) {
    if (pctr.length != admitted.encoded().candidates().length) {
      throw new RequestException(
          ErrorCode.INTERNAL,
          handle
              + " gave "
              + pctr.length
              + " scores for "
              + admitted.encoded().candidates().length
              + " candidates");
    }
    for (int i = 0; i < pctr.length; i++) {
      if (!(pctr[i] >= 0 && pctr[i] <= 1)) {
        throw new RequestException(
            ErrorCode.INTERNAL,
            handle + " gave item " + admitted.encoded().candidates()[i] + " the score " + pctr[i]);
      }
    }
  }

  private static ScoreResponse response(
      Admitted admitted, ItemLease lease, float[] pctr, Timings timings) {
    int[] sources = new int[MAX_SOURCE + 1];
    ScoreResponse.Builder response =
        begin(admitted).setUnknownHistoryItems(lease.unknownHistoryItems()).setTimings(timings);
    if (admitted.shortened()) {
      response.addDegraded(Degradation.SHORT_HISTORY);
      admitted.metrics().degraded(Degradation.SHORT_HISTORY);
    }
    for (int i = 0; i < pctr.length; i++) {
      ScoreSource source = lease.candidateSource(i);
      sources[source.getNumber()]++;
      response.addScores(
          Score.newBuilder()
              .setItemId(admitted.encoded().candidates()[i])
              .setPctr(pctr[i])
              .setSource(source));
    }
    for (int number = 0; number <= MAX_SOURCE; number++) {
      if (sources[number] > 0) {
        admitted.metrics().source(ScoreSource.forNumber(number), sources[number]);
      }
    }
    admitted.metrics().unknownHistoryItems(lease.unknownHistoryItems());
    return response.build();
  }

  private static long micros(long nanos) {
    return TimeUnit.NANOSECONDS.toMicros(nanos);
  }
}
