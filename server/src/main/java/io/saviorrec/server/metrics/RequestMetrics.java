package io.saviorrec.server.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.CallEnd;
import io.saviorrec.server.request.CallObserver;
import io.saviorrec.server.request.CallTrace;
import io.saviorrec.server.request.Priority;
import io.saviorrec.server.request.StageTimes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Counts and times every call of every method, from the arrival of its headers to its end and by
/// the status that its caller saw; scoring requests by their model, too. Names that callers invent
/// never become tags: they would be unbounded.
public final class RequestMetrics implements CallObserver {
  static final String SCORE = "saviorrec.v1.Scoring/Score";
  static final String SCORE_USERS = "saviorrec.v1.Scoring/ScoreUsers";
  static final String SCORE_STREAM = "saviorrec.v1.Scoring/ScoreStream";
  static final String MODEL_INFER = "inference.GRPCInferenceService/ModelInfer";

  /// The methods with meters of their own; health, reflection and unknown ones share `other`.
  static final List<String> METHODS =
      List.of(
          SCORE,
          SCORE_USERS,
          SCORE_STREAM,
          "saviorrec.v1.Scoring/GetModel",
          MODEL_INFER,
          "saviorrec.v1.Items/UpsertItems",
          "saviorrec.v1.Items/UpdateStats",
          "saviorrec.v1.Items/DeleteItems",
          "saviorrec.v1.Items/GetItems",
          "saviorrec.v1.Items/ListItems");

  /// Those of one scoring request each.
  private static final Set<String> ONE_REQUEST = Set.of(SCORE, MODEL_INFER);

  /// Those of several, which count themselves unless the call fails as a whole.
  private static final Set<String> SEVERAL_REQUESTS = Set.of(SCORE_USERS, SCORE_STREAM);

  private static final Set<String> OWN_ENDS = Set.of("OK", "CANCELLED");

  private static final String OTHER = "other";
  private static final String NONE = "none";

  /// Why a request is refused before it is decoded.
  private static final List<String> REFUSALS = List.of("RESOURCE_EXHAUSTED", "UNAVAILABLE");

  private final Map<String, Counter> refused = new HashMap<>();
  private final Map<String, ByStatus<Timer>> calls = new HashMap<>();
  private final ByStatus<Timer> otherCalls;
  private final ByStatus<Timer> withoutModel;
  private final CurrentTrace currentTrace;

  public RequestMetrics(Meters meters) {
    this.currentTrace = meters.currentTrace();
    for (String reason : REFUSALS) {
      refused.put(
          reason,
          meters.counter(
              "savior.refused",
              "Scoring requests refused before they were decoded",
              Tags.of("reason", reason)));
    }
    METHODS.forEach(method -> calls.put(method, calls(meters, method)));
    otherCalls = calls(meters, OTHER);
    Tags none = ModelMetrics.tags(NONE, NONE, NONE);
    withoutModel = requests(meters, none, NONE, NONE);
  }

  private static ByStatus<Timer> calls(Meters meters, String method) {
    return new ByStatus<>(
        status ->
            meters.latency(
                "savior.call",
                "Calls of every method: their number and their time from headers to the last byte",
                Tags.of("method", method, "status", status)));
  }

  static ByStatus<Timer> requests(Meters meters, Tags model, String bucket, String priority) {
    return new ByStatus<>(
        status ->
            meters.latency(
                "savior.score.requests",
                "Scoring requests: their number and their time from headers to the last byte",
                model.and("bucket", bucket, "priority", priority, "status", status)));
  }

  /// Counts a request that was refused before it was decoded.
  ///
  /// @param reason the name of an error code
  public void refused(String reason) {
    Counter counter = refused.get(reason);
    if (counter == null) {
      throw new IllegalArgumentException("no meter for refusals of " + reason);
    }
    counter.increment();
  }

  /// Says who answers a scoring request, so that its end counts there.
  ///
  /// @param bucket the configured bucket that picked the model; empty for none
  public void answers(Call call, ModelMetrics model, String bucket, Priority priority) {
    // Made now and not at the end, so that a scrape may see them before they count.
    ByStatus<Timer> requests = model.requests(bucket, priority);
    CallTrace trace = call.trace();
    StageTimes times = call.times();
    // Names of the trace and not the trace itself, which knows its call.
    String traceId = trace.traceId();
    String spanId = trace.spanId();
    times.tell(
        (method, status, nanos) ->
            currentTrace.record(
                traceId,
                spanId,
                () -> {
                  count(method, status, nanos);
                  model.ended(requests.of(status), times, nanos);
                }));
  }

  @Override
  public void ended(String method, String status, StageTimes times) {
    long nanos = System.nanoTime() - times.arrivedNanos();
    CallEnd answered = times.end();
    if (answered != null) {
      answered.ended(method, status, nanos);
      return;
    }
    count(method, status, nanos);
    if (ONE_REQUEST.contains(method)
        || (SEVERAL_REQUESTS.contains(method) && !OWN_ENDS.contains(status))) {
      withoutModel.of(status).record(nanos, TimeUnit.NANOSECONDS);
    }
  }

  /// @param method empty: one request of several in a call, which counts itself
  private void count(String method, String status, long nanos) {
    if (method.isEmpty()) {
      return;
    }
    ByStatus<Timer> byStatus = calls.get(method);
    (byStatus == null ? otherCalls : byStatus).of(status).record(nanos, TimeUnit.NANOSECONDS);
  }

  /// The label of a bucket.
  static String label(@Nullable String bucket) {
    return bucket == null || bucket.isEmpty() ? NONE : bucket;
  }
}
