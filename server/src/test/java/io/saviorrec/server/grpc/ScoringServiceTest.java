package io.saviorrec.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.saviorrec.contract.ScoreBatch;
import io.saviorrec.contract.StringId;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.Priority;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.proto.v1.User;
import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.fakes.FakeEngine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ScoringServiceTest {
  @TempDir private Path repository;
  private ServingFixture fixture;
  private FakeEngine engine;

  @BeforeEach
  void start() throws IOException {
    fixture =
        new ServingFixture(
            repository, Map.of("routing.buckets", "{control: base}"), "base", "saviorrec");
    engine = fixture.engine("saviorrec");
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void scoresCandidatesInTheirOrderDuplicatesAndUnknownOnesToo() {
    ScoreResponse response =
        score(request(7, 3, 7, 5000).setRequestId("r-1").setUser(user(1, 2, 6000)).build());

    assertThat(response.getScoresList())
        .extracting(Score::getItemId)
        .containsExactly(7L, 3L, 7L, 5000L);
    assertThat(response.getScoresList())
        .extracting(Score::getPctr)
        .containsExactly(
            FakeEngine.scoreOf(7),
            FakeEngine.scoreOf(3),
            FakeEngine.scoreOf(7),
            FakeEngine.scoreOf(Long.MIN_VALUE));
    assertThat(response.getScoresList())
        .extracting(Score::getSource)
        .containsExactly(
            ScoreSource.TRAINED,
            ScoreSource.TRAINED,
            ScoreSource.TRAINED,
            ScoreSource.UNKNOWN_ITEM);
    assertThat(response.getRequestId()).isEqualTo("r-1");
    assertThat(response.getModel()).isEqualTo("saviorrec");
    assertThat(response.getVersion()).isEqualTo(1);
    assertThat(response.getVariant()).isEqualTo("saviorrec");
    assertThat(response.getBucket()).isEmpty();
    assertThat(response.getUnknownHistoryItems()).isEqualTo(1);
    assertThat(response.getTimings().getTotalUs())
        .isGreaterThanOrEqualTo(
            response.getTimings().getQueueUs()
                + response.getTimings().getItemsUs()
                + response.getTimings().getModelUs());
  }

  @Test
  void theAnswerToPackedCandidatesIsPackedAndSaysTheSame() {
    ScoreRequest.Builder packed = ScoreRequest.newBuilder().setUser(user(1, 2, 6000));
    ScoreRequest.Builder messages = request().setUser(user(1, 2, 6000));
    long[] items = {7, 3, 7, 5000};
    for (int i = 0; i < items.length; i++) {
      packed.addCandidateIds(items[i]).addCandidatePctrBase(i == 1 ? Float.NaN : 0.125f * i);
      Candidate.Builder candidate = messages.addCandidatesBuilder().setItemId(items[i]);
      if (i != 1) {
        candidate.setPctrBase(0.125 * i);
      }
    }

    ScoreResponse expected = score(messages.build());
    ScoreBatch.Request input = engine.lastInput();
    ScoreResponse answer = score(packed.build());

    assertThat(answer.getScoresCount()).isZero();
    assertThat(answer.getPctrList())
        .isEqualTo(expected.getScoresList().stream().map(Score::getPctr).toList());
    assertThat(answer.getSourcesList())
        .isEqualTo(expected.getScoresList().stream().map(Score::getSource).toList());
    assertThat(answer.getUnknownHistoryItems()).isEqualTo(1);
    assertThat(expected.getPctrCount() + expected.getSourcesCount()).isZero();
    assertThat(engine.lastInput().pctrBase())
        .isEqualTo(input.pctrBase())
        .containsExactly(0, Float.NaN, 0.25f, 0.375f);
    assertThat(engine.lastInput().candidateSlots()).isEqualTo(input.candidateSlots());
  }

  @Test
  void topKGivesTheLikeliestFirstAndSaysWhichTheyAre() {
    ScoreResponse packed =
        score(
            ScoreRequest.newBuilder()
                .addAllCandidateIds(List.of(3L, 9L, 1L, 9L))
                .setTopK(3)
                .build());
    assertThat(packed.getRankedList()).containsExactly(1, 3, 0);
    assertThat(packed.getPctrList())
        .containsExactly(FakeEngine.scoreOf(9), FakeEngine.scoreOf(9), FakeEngine.scoreOf(3));

    ScoreResponse messages = score(request(3, 9).setTopK(50).build());
    assertThat(messages.getRankedList()).containsExactly(1, 0);
    assertThat(messages.getScoresList()).extracting(Score::getItemId).containsExactly(9L, 3L);
    assertStatus(
        request(1).setTopK(-1), Status.Code.INVALID_ARGUMENT, "top_k must not be negative, was -1");
  }

  @Test
  void clicksThatAreNotBeforeThePageAreLeftOutAndCounted() {
    User.Builder user = user(1, 2, 3, 4).toBuilder();
    user.addAllHistoryTimesMs(List.of(1000L, 1999L, 2000L));
    ScoreResponse response = score(request(1).setUser(user).setTimeMs(2000).build());
    assertThat(response.getFutureClicks()).isEqualTo(1);
    assertThat(historyItems()).containsExactly(2, 3);

    user.addHistoryTimesMs(5);
    assertStatus(
        request(1).setUser(user),
        Status.Code.INVALID_ARGUMENT,
        "user.history_times_ms has 4 entries and the history 3; give one for each, or none");
  }

  @Test
  void withoutATimeThePageIsNow() {
    User.Builder user = user(1, 2, 3).toBuilder();
    user.addAllHistoryTimesMs(List.of(1000L, Long.MAX_VALUE));
    assertThat(score(request(1).setUser(user).build()).getFutureClicks()).isEqualTo(1);
  }

  @Test
  void idsMayBeTexts() {
    long item = StringId.of("sku-7");
    ScoreResponse packed =
        score(
            ScoreRequest.newBuilder()
                .setUser(User.newBuilder().setUserKey("ann").addHistoryKeys("sku-7"))
                .addCandidateKeys("sku-7")
                .build());
    assertThat(packed.getPctrCount()).isEqualTo(1);
    assertThat(packed.getUnknownHistoryItems()).isEqualTo(1);
    assertThat(engine.lastUser().userId()).isEqualTo(StringId.of("ann"));

    Candidate candidate = Candidate.newBuilder().setItemKey("sku-7").build();
    ScoreResponse messages = score(request(3).addCandidates(candidate).build());
    assertThat(messages.getScores(0).getItemKey()).isEmpty();
    assertThat(messages.getScores(1).getItemKey()).isEqualTo("sku-7");
    assertThat(messages.getScores(1).getItemId()).isEqualTo(item);
    assertStatus(
        request(3).addCandidates(candidate.toBuilder().setItemId(3)),
        Status.Code.INVALID_ARGUMENT,
        "candidates[1] has both item_id and item_key; use one of them");
  }

  @Test
  void columnsThatTheModelDoesNotHaveAreNamedAndCounted() {
    ScoreRequest.Builder misspelt =
        request(1).putContext("Hour", number(13)).putContext("hour", text("noon"));
    ScoreResponse response = score(misspelt.build());
    assertThat(response.getUnusedColumnsList()).containsExactly("hour", "Hour");
    assertThat(
            fixture.metric(
                "savior_score_unused_columns_total{column=\"Hour\",model=\"saviorrec\","
                    + "variant=\"saviorrec\",version=\"1\"}"))
        .isEqualTo(1);
    assertStatus(
        misspelt.setStrict(true),
        Status.Code.INVALID_ARGUMENT,
        "the model does not have these columns, or not of this kind: [hour, Hour]; it has the"
            + " profile [city (text)], the context [hour (number)] and the candidate_stats [pv,"
            + " clicks, age_days]");
    // Those that were refused are counted too.
    assertThat(
            fixture.metric(
                "savior_score_unused_columns_total{column=\"Hour\",model=\"saviorrec\","
                    + "variant=\"saviorrec\",version=\"1\"}"))
        .isEqualTo(2);
  }

  @Test
  void candidatesInTwoFormsOrOfUnequalLengthAreInvalid() {
    assertStatus(
        request(1).addCandidateIds(2),
        Status.Code.INVALID_ARGUMENT,
        "candidates and candidate_ids are both set; use one of them");
    assertStatus(
        request().addCandidateIds(1).addCandidateIds(2).addCandidatePctrBase(0),
        Status.Code.INVALID_ARGUMENT,
        "candidate_pctr_base has 1 entries and candidate_ids 2; give one for each, NaN where absent,"
            + " or none");
    assertStatus(
        request().addCandidateIds(1).addCandidatePctrBase(2),
        Status.Code.INVALID_ARGUMENT,
        "candidate_pctr_base[0] must be in [0, 1] or NaN, was 2.0");
  }

  @Test
  void handsTheModelWhatTheRequestSays() {
    score(
        request()
            .addCandidates(Candidate.newBuilder().setItemId(1).setPctrBase(0.25))
            .addCandidates(Candidate.newBuilder().setItemId(2))
            .setUser(user(99, 4, 5).toBuilder().putProfile("city", text("Ulm")))
            .putContext("hour", number(13))
            .putContext("a column of another model", text("ignored"))
            .build());

    assertThat(engine.lastUser().userId()).isEqualTo(99);
    assertThat(engine.lastInput().pctrBase()).containsExactly(0.25f, Float.NaN);
    assertThat(engine.lastUser().context()).containsExactly(3);
    assertThat(engine.lastUser().profile()[0]).isBetween(1L, 9L);
    assertThat(historyItems()).containsExactly(4L, 5L);
  }

  @Test
  void keepsTheMostRecentClicksOfALongHistory() {
    score(request(1).setUser(user(1, 11, 12, 13, 14, 15, 16, 17)).build());

    assertThat(historyItems()).containsExactly(13L, 14L, 15L, 16L, 17L);
  }

  @Test
  void routesByBucketAndByName() {
    ScoreResponse bucket = score(request(1).setBucket("control").build());
    ScoreResponse named =
        score(request(1).setModel("base").setVersion(1).setBucket("nobody's").build());

    assertThat(bucket.getModel()).isEqualTo("base");
    assertThat(bucket.getBucket()).isEqualTo("control");
    assertThat(named.getModel()).isEqualTo("base");
    assertThat(named.getBucket()).isEmpty();
  }

  @Test
  void modelsVersionsAndBucketsThatAreNotThereAreNotFound() {
    assertStatus(
        request(1).setModel("nope"),
        Status.Code.NOT_FOUND,
        "no model \"nope\"; available are [base/1, saviorrec/1]");
    assertStatus(
        request(1).setModel("base").setVersion(9),
        Status.Code.NOT_FOUND,
        "no model \"base\" with version 9; available are [base/1, saviorrec/1]");
    assertStatus(
        request(1).setBucket("treatment"),
        Status.Code.NOT_FOUND,
        "no such bucket \"treatment\"; configured are [control]");
  }

  @Test
  void refusesRequestsWithNoOrTooManyCandidates() {
    assertStatus(request(), Status.Code.INVALID_ARGUMENT, "candidates is empty");
    assertStatus(
        request(new long[TestConfigs.MAX_CANDIDATES + 1]),
        Status.Code.INVALID_ARGUMENT,
        "candidates has 13 entries; the most is scoring.maxCandidates = 12");
  }

  @ParameterizedTest
  @ValueSource(
      doubles = {-0.001, 1.001, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void refusesABaseProbabilityOutOfRange(double pctrBase) {
    assertStatus(
        request(1).addCandidates(Candidate.newBuilder().setItemId(2).setPctrBase(pctrBase)),
        Status.Code.INVALID_ARGUMENT,
        "candidates[1].pctr_base must be in [0, 1], was " + pctrBase);
  }

  @Test
  void takesABaseProbabilityAtTheEndsOfItsRange() {
    score(
        request()
            .addCandidates(Candidate.newBuilder().setItemId(2).setPctrBase(0))
            .addCandidates(Candidate.newBuilder().setItemId(2).setPctrBase(1))
            .build());

    assertThat(engine.lastInput().pctrBase()).containsExactly(0f, 1f);
  }

  @Test
  void refusesFeaturesThatTheirColumnCannotHold() {
    StatusRuntimeException nan = failure(request(1).putContext("hour", number(Double.NaN)).build());
    StatusRuntimeException text =
        failure(request(1).setStrict(true).putContext("hour", text("noon")).build());
    StatusRuntimeException profile =
        failure(
            request(1)
                .setUser(User.newBuilder().putProfile("city", number(Double.NEGATIVE_INFINITY)))
                .build());

    for (StatusRuntimeException e : List.of(nan, text, profile)) {
      assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    }
    assertThat(nan.getStatus().getDescription())
        .contains("context")
        .contains("hour")
        .contains("NaN");
    assertThat(text.getStatus().getDescription()).contains("hour");
    assertThat(profile.getStatus().getDescription()).contains("user.profile").contains("city");
  }

  @Test
  void aFailureOfTheEngineIsInternal() {
    engine.scores.fail(new IllegalStateException("libtorch said no\nwith a long trace"));

    assertStatus(request(1), Status.Code.INTERNAL, "IllegalStateException: libtorch said no");
    engine.scores.fail(null);
    score(request(1).build());
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, -0.1f, 1.1f})
  void aScoreThatIsNoProbabilityIsInternal(float score) {
    engine.fixScore(score);

    assertStatus(request(4), Status.Code.INTERNAL, "saviorrec/1 gave item 4 the score " + score);
  }

  @Test
  void aFullQueueIsResourceExhausted() throws Exception {
    engine.scores.hold();
    ScoringGrpc.ScoringFutureStub stub = ScoringGrpc.newFutureStub(fixture.channel);
    ListenableFuture<ScoreResponse> running = stub.score(request(1).build());
    engine.scores.awaitEntered();
    ListenableFuture<ScoreResponse> waiting = stub.score(request(2).build());
    awaitQueued(1);

    assertStatus(
        request(3),
        Status.Code.RESOURCE_EXHAUSTED,
        "the scoring queue is full: 1 requests wait already");
    engine.scores.open();
    assertThat(running.get(20, TimeUnit.SECONDS).getScores(0).getItemId()).isEqualTo(1);
    assertThat(waiting.get(20, TimeUnit.SECONDS).getScores(0).getItemId()).isEqualTo(2);
  }

  @Test
  void expiredAndCancelledWorkNeverReachesTheModel() throws Exception {
    engine.scores.hold();
    ScoringGrpc.ScoringFutureStub stub = ScoringGrpc.newFutureStub(fixture.channel);
    ListenableFuture<ScoreResponse> running = stub.score(request(1).build());
    engine.scores.awaitEntered();
    assertThatThrownBy(
            () ->
                fixture
                    .scoringStub()
                    // Long enough to be taken on first, on a busy machine too.
                    .withDeadlineAfter(1, TimeUnit.SECONDS)
                    .score(request(2).build()))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
    awaitQueued(0);
    ListenableFuture<ScoreResponse> cancelled = stub.score(request(3).build());
    awaitQueued(1);
    cancelled.cancel(true);
    awaitQueued(0);
    engine.scores.open();
    running.get(20, TimeUnit.SECONDS);

    assertThat(engine.scores.calls()).isEqualTo(1);
    awaitMetric(
        "savior_score_requests_seconds_count{bucket=\"none\",model=\"saviorrec\",priority=\"NORMAL\",status=\"DEADLINE_EXCEEDED\","
            + "variant=\"saviorrec\",version=\"1\"}",
        1);
    awaitMetric(
        "savior_score_requests_seconds_count{bucket=\"none\",model=\"saviorrec\",priority=\"NORMAL\",status=\"CANCELLED\","
            + "variant=\"saviorrec\",version=\"1\"}",
        1);
  }

  @Test
  void countsRequestsStagesAndSources() {
    score(request(1, 2, 999).setUser(user(1, 998)).build());
    failure(request().build());
    failure(request(1).setModel("invented by a caller").build());
    score(request(1).setPriority(Priority.LOW).build());

    awaitMetric(
        "savior_score_requests_seconds_count{bucket=\"none\",model=\"saviorrec\","
            + "priority=\"LOW\",status=\"OK\",variant=\"saviorrec\",version=\"1\"}",
        1);
    String ok =
        "{bucket=\"none\",model=\"saviorrec\",priority=\"NORMAL\",status=\"OK\",variant=\"saviorrec\",version=\"1\"}";
    awaitMetric("savior_score_requests_seconds_count" + ok, 1);
    awaitMetric(
        "savior_score_requests_seconds_count{bucket=\"none\",model=\"saviorrec\","
            + "priority=\"NORMAL\",status=\"INVALID_ARGUMENT\",variant=\"saviorrec\",version=\"1\"}",
        1);
    awaitMetric(
        "savior_score_requests_seconds_count{bucket=\"none\",model=\"none\",priority=\"none\",status=\"NOT_FOUND\","
            + "variant=\"none\",version=\"none\"}",
        1);
    String model = "variant=\"saviorrec\",version=\"1\"}";
    assertThat(
            fixture.metric(
                "savior_score_sources_total{model=\"saviorrec\",source=\"TRAINED\"," + model))
        .isEqualTo(3);
    assertThat(
            fixture.metric(
                "savior_score_sources_total{model=\"saviorrec\",source=\"UNKNOWN_ITEM\"," + model))
        .isEqualTo(1);
    assertThat(
            fixture.metric("savior_score_unknown_history_items_total{model=\"saviorrec\"," + model))
        .isEqualTo(1);
    awaitMetric(
        "savior_score_stage_seconds_count{model=\"saviorrec\",stage=\"compute\"," + model, 2);
    assertThat(fixture.metrics.scrape())
        .contains("savior_score_requests_seconds_bucket")
        .contains("jvm_memory_used_bytes");
  }

  private ScoreResponse score(ScoreRequest request) {
    return fixture.scoringStub().score(request);
  }

  private StatusRuntimeException failure(ScoreRequest request) {
    try {
      throw new AssertionError("was answered with " + score(request));
    } catch (StatusRuntimeException e) {
      return e;
    }
  }

  private void assertStatus(ScoreRequest.Builder request, Status.Code code, String description) {
    Status status = failure(request.build()).getStatus();
    assertThat(status.getCode()).isEqualTo(code);
    assertThat(status.getDescription()).isEqualTo(description);
  }

  private long[] historyItems() {
    int[] slots = engine.lastUser().added();
    long[] items = new long[slots.length];
    for (int i = 0; i < slots.length; i++) {
      items[i] = engine.inSlot(slots[i]).itemId();
    }
    return items;
  }

  /// Other threads move the queue; the test's own timeout ends the wait if they never do.
  private void awaitQueued(int count) {
    while (fixture.scoringLane().queued() != count) {
      requireTime();
    }
  }

  private void awaitMetric(String line, double value) {
    while (fixture.metric(line) != value) {
      requireTime();
    }
  }

  /// A test's timeout interrupts it, which a wait that spins must look for.
  private static void requireTime() {
    if (Thread.interrupted()) {
      throw new AssertionError("what the test waits for does not happen");
    }
    Thread.onSpinWait();
  }

  private static ScoreRequest.Builder request(long... candidates) {
    ScoreRequest.Builder request = ScoreRequest.newBuilder();
    for (long candidate : candidates) {
      request.addCandidates(Candidate.newBuilder().setItemId(candidate));
    }
    return request;
  }

  private static User user(long userId, long... history) {
    User.Builder user = User.newBuilder().setUserId(userId);
    for (long item : history) {
      user.addHistory(item);
    }
    return user.build();
  }

  private static FeatureValue text(String value) {
    return FeatureValue.newBuilder().setText(value).build();
  }

  private static FeatureValue number(double value) {
    return FeatureValue.newBuilder().setNumber(value).build();
  }
}
