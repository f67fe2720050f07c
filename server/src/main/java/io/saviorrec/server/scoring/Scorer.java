package io.saviorrec.server.scoring;

import io.saviorrec.engine.ScoreInput;
import io.saviorrec.feature.FeatureEncoder;
import io.saviorrec.feature.FeatureException;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.Timings;
import io.saviorrec.server.batching.Lane;
import io.saviorrec.server.metrics.RequestMetrics;
import io.saviorrec.server.registry.ModelHandle;
import io.saviorrec.server.registry.ModelRegistry;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.routing.Route;
import io.saviorrec.server.routing.Router;
import io.saviorrec.server.states.Lease;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Scores one request, end to end: route, validate, wait for a scoring thread, look up the items,
/// run the model.
///
/// What is wrong with a request is found on the caller's thread, before it takes a place in the
/// queue.
public final class Scorer {
  private static final String OK = "OK";
  private static final int MAX_SOURCE = ScoreSource.UNKNOWN_ITEM.getNumber();

  private final Router router;
  private final ModelRegistry registry;
  private final Lane lane;
  private final RequestValidator validator;
  private final RequestMetrics metrics;

  /// A request that may enter the queue.
  @SuppressWarnings("ArrayRecordComponent") // carries its arrays from one thread to another
  private record Admitted(
      ScoreRequest request,
      ModelHandle handle,
      String bucket,
      long startNanos,
      long[] profile,
      long[] context,
      long[] candidates,
      long[] history,
      float[] pctrBase) {}

  public Scorer(
      Router router, ModelRegistry registry, Lane lane, int maxCandidates, RequestMetrics metrics) {
    this.router = router;
    this.registry = registry;
    this.lane = lane;
    this.validator = new RequestValidator(maxCandidates);
    this.metrics = metrics;
  }

  public CompletableFuture<ScoreResponse> score(ScoreRequest request, Call call) {
    long start = System.nanoTime();
    ModelHandle handle = null;
    try {
      Route route =
          router.route(request.getModel(), request.getBucket(), request.getUser().getUserId());
      handle = registry.find(route.model(), request.getVersion());
      Admitted admitted = admit(request, handle, route.bucket(), start);
      ModelHandle chosen = handle;
      return lane.submit(call, queued -> run(admitted, call, queued))
          .whenComplete((response, failure) -> finished(chosen, failure, start));
    } catch (RuntimeException e) {
      finished(handle, e, start);
      return CompletableFuture.failedFuture(e);
    }
  }

  private void finished(@Nullable ModelHandle handle, @Nullable Throwable failure, long start) {
    String status =
        switch (failure) {
          case null -> OK;
          case RequestException e -> e.code().name();
          default -> ErrorCode.INTERNAL.name();
        };
    metrics.finished(
        handle == null ? RequestMetrics.NO_MODEL : handle.model(),
        handle == null ? RequestMetrics.NO_MODEL : handle.variant(),
        status,
        System.nanoTime() - start);
  }

  private Admitted admit(ScoreRequest request, ModelHandle handle, String bucket, long start) {
    validator.validate(request);
    int candidateCount = request.getCandidatesCount();
    long[] candidates = new long[candidateCount];
    float[] pctrBase = new float[candidateCount];
    for (int i = 0; i < candidateCount; i++) {
      candidates[i] = request.getCandidates(i).getItemId();
      pctrBase[i] =
          request.getCandidates(i).hasPctrBase()
              ? (float) request.getCandidates(i).getPctrBase()
              : Float.NaN;
    }
    int clicks = request.getUser().getHistoryCount();
    int kept = Math.min(clicks, handle.manifest().dims().historyLength());
    long[] history = new long[kept];
    for (int i = 0; i < kept; i++) {
      history[i] = request.getUser().getHistory(clicks - kept + i);
    }
    return new Admitted(
        request,
        handle,
        bucket,
        start,
        encode("user.profile", handle.profile(), request.getUser().getProfileMap()),
        encode("context", handle.context(), request.getContextMap()),
        candidates,
        history,
        pctrBase);
  }

  private static long[] encode(
      String field, FeatureEncoder encoder, Map<String, FeatureValue> values) {
    try {
      return encoder.encode(values);
    } catch (FeatureException e) {
      throw RequestException.invalid(field + ": " + e.getMessage());
    }
  }

  private ScoreResponse run(Admitted admitted, Call call, long queuedNanos) {
    ModelHandle handle = admitted.handle();
    long itemsStart = System.nanoTime();
    try (Lease lease =
        handle.items().states().lease(admitted.candidates(), admitted.history(), call)) {
      // Last look before the expensive part.
      call.check();
      long modelStart = System.nanoTime();
      float[] pctr = handle.engine().score(input(admitted, lease));
      long end = System.nanoTime();
      checkScores(pctr, admitted, handle);
      handle.metrics().scored(queuedNanos, modelStart - itemsStart, end - modelStart, pctr.length);
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

  private static ScoreInput input(Admitted admitted, Lease lease) {
    return new ScoreInput(
        admitted.request().getUser().getUserId(),
        admitted.profile(),
        admitted.context(),
        lease.historySlots(),
        lease.candidateSlots(),
        admitted.pctrBase());
  }

  /// A model that answers nonsense must not look like one that answers.
  private static void checkScores(float[] pctr, Admitted admitted, ModelHandle handle) {
    if (pctr.length != admitted.candidates().length) {
      throw new RequestException(
          ErrorCode.INTERNAL,
          handle
              + " gave "
              + pctr.length
              + " scores for "
              + admitted.candidates().length
              + " candidates");
    }
    for (int i = 0; i < pctr.length; i++) {
      if (!(pctr[i] >= 0 && pctr[i] <= 1)) {
        throw new RequestException(
            ErrorCode.INTERNAL,
            handle + " gave item " + admitted.candidates()[i] + " the score " + pctr[i]);
      }
    }
  }

  private static ScoreResponse response(
      Admitted admitted, Lease lease, float[] pctr, Timings timings) {
    ModelHandle handle = admitted.handle();
    int[] sources = new int[MAX_SOURCE + 1];
    ScoreResponse.Builder response =
        ScoreResponse.newBuilder()
            .setRequestId(admitted.request().getRequestId())
            .setModel(handle.model())
            .setVersion(handle.version())
            .setVariant(handle.variant())
            .setBucket(admitted.bucket())
            .setUnknownHistoryItems(lease.unknownHistoryItems())
            .setTimings(timings);
    for (int i = 0; i < pctr.length; i++) {
      ScoreSource source = lease.candidateSource(i);
      sources[source.getNumber()]++;
      response.addScores(
          Score.newBuilder()
              .setItemId(admitted.candidates()[i])
              .setPctr(pctr[i])
              .setSource(source));
    }
    for (int number = 0; number <= MAX_SOURCE; number++) {
      if (sources[number] > 0) {
        handle.metrics().source(ScoreSource.forNumber(number), sources[number]);
      }
    }
    handle.metrics().unknownHistoryItems(lease.unknownHistoryItems());
    return response.build();
  }

  private static long micros(long nanos) {
    return TimeUnit.NANOSECONDS.toMicros(nanos);
  }
}
