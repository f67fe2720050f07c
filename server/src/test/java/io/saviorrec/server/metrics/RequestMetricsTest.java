package io.saviorrec.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.MethodDescriptor;
import io.micrometer.core.instrument.Tags;
import io.saviorrec.proto.oip.GRPCInferenceServiceGrpc;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.CallTrace;
import io.saviorrec.server.request.Priority;
import io.saviorrec.server.request.Stage;
import io.saviorrec.server.request.StageTimes;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class RequestMetricsTest {
  private static final String MODEL = "model=\"m\"";
  private static final String VERSION = "variant=\"base\",version=\"3\"}";

  private final ServerMetrics metrics = new ServerMetrics();
  private final RequestMetrics requests = new RequestMetrics(metrics.group());
  private final ModelMetrics model = new ModelMetrics(metrics.group(), "m", 3, "base");

  @AfterEach
  void close() {
    metrics.close();
  }

  @Test
  void theMethodsAreThoseOfTheServices() {
    assertThat(RequestMetrics.METHODS)
        .containsExactlyInAnyOrderElementsOf(
            Stream.concat(
                    Stream.of(ScoringGrpc.getServiceDescriptor(), ItemsGrpc.getServiceDescriptor())
                        .flatMap(service -> service.getMethods().stream()),
                    Stream.of(GRPCInferenceServiceGrpc.getModelInferMethod()))
                .map(MethodDescriptor::getFullMethodName)
                .toList());
  }

  @Test
  void everyMeterIsThereBeforeTheFirstCall() {
    model.bucket("treatment");

    assertThat(value("savior_call_seconds_count{method=\"other\",status=\"OK\"}")).isZero();
    assertThat(value("savior_refused_total{reason=\"UNAVAILABLE\"}")).isZero();
    assertThat(value(count("treatment", "CANCELLED"))).isZero();
    assertThat(value("savior_score_stage_seconds_count{" + MODEL + ",stage=\"respond\"," + VERSION))
        .isZero();
  }

  @Test
  void aCallCountsByTheStatusThatItsCallerSawAndFromTheArrivalOfItsHeaders() {
    FollowedCall call = new FollowedCall(CallTrace.NONE);
    requests.answers(call, model, "treatment", Priority.NORMAL);
    call.times().add(Stage.DECODE, TimeUnit.MILLISECONDS.toNanos(7));
    call.times().add(Stage.RESPOND, TimeUnit.MILLISECONDS.toNanos(3));
    requests.ended(RequestMetrics.SCORE, "DEADLINE_EXCEEDED", call.times());

    assertThat(value(count("treatment", "DEADLINE_EXCEEDED"))).isEqualTo(1);
    assertThat(value(count("treatment", "OK"))).isZero();
    assertThat(
            value(
                "savior_score_requests_seconds_sum{bucket=\"treatment\","
                    + MODEL
                    + ",priority=\"NORMAL\",status=\"DEADLINE_EXCEEDED\","
                    + VERSION))
        .isGreaterThanOrEqualTo(5);
    assertThat(value("savior_score_stage_seconds_sum{" + MODEL + ",stage=\"decode\"," + VERSION))
        .isEqualTo(0.007);
    assertThat(value("savior_score_stage_seconds_sum{" + MODEL + ",stage=\"respond\"," + VERSION))
        .isEqualTo(0.003);
    // A stage that the call did not reach took no time of any length.
    assertThat(value("savior_score_stage_seconds_count{" + MODEL + ",stage=\"compute\"," + VERSION))
        .isZero();
  }

  @Test
  void callsThatReachNoModelAndMethodsThatNobodyKnowsCountToo() {
    requests.ended(RequestMetrics.SCORE, "RESOURCE_EXHAUSTED", new StageTimes(System.nanoTime()));
    requests.ended("invented/Method", "UNIMPLEMENTED", new StageTimes(System.nanoTime()));
    requests.ended("invented/Other", "ALREADY_EXISTS", new StageTimes(System.nanoTime()));

    assertThat(
            value(
                "savior_score_requests_seconds_count{bucket=\"none\",model=\"none\",priority=\"none\","
                    + "status=\"RESOURCE_EXHAUSTED\",variant=\"none\",version=\"none\"}"))
        .isEqualTo(1);
    assertThat(value("savior_call_seconds_count{method=\"other\",status=\"UNIMPLEMENTED\"}"))
        .isEqualTo(1);
    assertThat(value("savior_call_seconds_count{method=\"other\",status=\"UNKNOWN\"}"))
        .isEqualTo(1);
    assertThat(metrics.scrape()).doesNotContain("invented");
  }

  /// Refusing what is there to be refused spent the error budget.
  @Test
  void requestsOfAnotherPriorityCountApartFromTheirFirstOn() {
    assertThat(metrics.scrape()).doesNotContain("priority=\"LOW\"");
    FollowedCall call = new FollowedCall(CallTrace.NONE);

    requests.answers(call, model, "treatment", Priority.LOW);

    String refused =
        "savior_score_requests_seconds_count{bucket=\"treatment\","
            + MODEL
            + ",priority=\"LOW\",status=\"RESOURCE_EXHAUSTED\","
            + VERSION;
    // Before it ends: a rate needs the value before.
    assertThat(value(refused)).isZero();
    requests.ended(RequestMetrics.SCORE, "RESOURCE_EXHAUSTED", call.times());
    assertThat(value(refused)).isEqualTo(1);
    model.bucket("treatment");
    assertThat(value(count("treatment", "RESOURCE_EXHAUSTED"))).isZero();
  }

  /// Those of other methods were missing, so overload of their callers spent no error budget.
  @Test
  void scoringCallsOfEveryMethodThatReachNoModelCountAsRequests() {
    for (String method :
        List.of(
            RequestMetrics.SCORE_USERS, RequestMetrics.SCORE_STREAM, RequestMetrics.MODEL_INFER)) {
      requests.ended(method, "RESOURCE_EXHAUSTED", new StageTimes(System.nanoTime()));
    }
    // What such a call holds has counted itself.
    requests.ended(RequestMetrics.SCORE_USERS, "OK", new StageTimes(System.nanoTime()));
    requests.ended(RequestMetrics.SCORE_STREAM, "CANCELLED", new StageTimes(System.nanoTime()));
    requests.ended(
        "saviorrec.v1.Items/GetItems", "RESOURCE_EXHAUSTED", new StageTimes(System.nanoTime()));

    assertThat(value(withoutModel("RESOURCE_EXHAUSTED"))).isEqualTo(3);
    assertThat(value(withoutModel("OK"))).isZero();
    assertThat(value(withoutModel("CANCELLED"))).isZero();
  }

  @Test
  void scoresAreSummedUpAsAWholeAndBesideTheBaseScoresThatCame() {
    model.scored(new float[] {0.5f, 0.25f, 0.125f}, new float[] {0.25f, Float.NaN, 0.5f});
    model.scored(new float[] {0.5f}, new float[] {Float.NaN});

    assertThat(value("savior_score_pctr_total{" + MODEL + "," + VERSION)).isEqualTo(1.375);
    assertThat(value("savior_score_candidates_sum{" + MODEL + "," + VERSION)).isEqualTo(4);
    assertThat(value("savior_score_compared_pctr_total{" + MODEL + "," + VERSION)).isEqualTo(0.625);
    assertThat(value("savior_score_compared_base_total{" + MODEL + "," + VERSION)).isEqualTo(0.75);
  }

  /// Their sources were held by the group alone, so the counters of the representations' cache
  /// stood still from the first garbage collection on.
  @Test
  @Timeout(20)
  void whatOthersCountIsReadAlsoWhenNobodyHoldsTheGroup() {
    AtomicLong counted = new AtomicLong();
    metrics.group().counter("savior.test", "Counted elsewhere", Tags.empty(), counted::get);
    counted.set(5);
    WeakReference<Object> collected = new WeakReference<>(new Object());
    while (collected.get() != null) {
      System.gc();
    }

    assertThat(value("savior_test_total")).isEqualTo(5);
  }

  @Test
  void aTracedCallIsTheExemplarOfItsBuckets() {
    FollowedCall call = new FollowedCall(new Followed("0af7651916cd43dd8448eb211c80319c"));
    requests.answers(call, model, "", Priority.NORMAL);
    requests.ended(RequestMetrics.SCORE, "OK", call.times());

    ServerMetrics.Page page = metrics.scrape("application/openmetrics-text; version=1.0.0");
    assertThat(page.contentType()).startsWith("application/openmetrics-text");
    assertThat(
            page.body()
                .lines()
                .filter(line -> line.contains("trace_id=\"0af7651916cd43dd8448eb211c80319c\""))
                .map(line -> line.substring(0, line.indexOf('{'))))
        .contains("savior_score_requests_seconds_bucket", "savior_call_seconds_bucket");
    assertThat(page.body()).endsWith("# EOF\n");
    // Prometheus 2.42 throws the whole page away for an exemplar of a count.
    assertThat(page.body().lines().filter(line -> line.contains(" # {")))
        .allMatch(line -> line.contains("_bucket{") || line.contains("_total{"));
    assertThat(metrics.scrape("text/html").contentType()).startsWith("text/plain");
  }

  @Test
  void theProcessIsMeasuredByTheNamesThatPrometheusUsersKnow() {
    assertThat(value("process_resident_memory_bytes")).isGreaterThan(1 << 20);
    assertThat(value("process_open_fds")).isPositive();
    assertThat(value("process_cpu_seconds_total")).isPositive();
    assertThat(value("process_start_time_seconds")).isPositive();
    assertThat(metrics.scrape()).contains("jvm_gc_");
  }

  private static String withoutModel(String status) {
    return "savior_score_requests_seconds_count{bucket=\"none\",model=\"none\",priority=\"none\",status=\""
        + status
        + "\",variant=\"none\",version=\"none\"}";
  }

  private static String count(String bucket, String status) {
    return "savior_score_requests_seconds_count{bucket=\""
        + bucket
        + "\","
        + MODEL
        + ",priority=\"NORMAL\",status=\""
        + status
        + "\","
        + VERSION;
  }

  private double value(String line) {
    return metrics
        .scrape()
        .lines()
        .filter(each -> each.startsWith(line + " "))
        .mapToDouble(each -> Double.parseDouble(each.substring(line.length() + 1)))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no meter " + line));
  }

  /// A call that arrived five seconds ago.
  private record FollowedCall(StageTimes times, CallTrace trace) implements Call {
    FollowedCall(CallTrace trace) {
      this(new StageTimes(System.nanoTime() - TimeUnit.SECONDS.toNanos(5)), trace);
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
  }

  private record Followed(String traceId) implements CallTrace {
    @Override
    public String spanId() {
      return "b7ad6b7169203331";
    }

    @Override
    public String peer() {
      return "";
    }

    @Override
    public void attribute(String name, String value) {}

    @Override
    public void attribute(String name, long value) {}

    @Override
    public void follow(StageTimes times) {}
  }
}
