package io.saviorrec.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.saviorrec.proto.v1.GetModelRequest;
import io.saviorrec.proto.v1.GetModelResponse;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResult;
import io.saviorrec.proto.v1.ScoreStreamRequest;
import io.saviorrec.proto.v1.ScoreStreamResponse;
import io.saviorrec.proto.v1.ScoreUsersRequest;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.proto.v1.User;
import io.saviorrec.server.fakes.FakeEngine;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Calls that bring more than one scoring request, and the one that tells what they may hold.
@Timeout(60)
class SeveralRequestsTest {
  @TempDir private Path repository;
  private ServingFixture fixture;
  private FakeEngine engine;

  @BeforeEach
  void start() throws IOException {
    fixture =
        new ServingFixture(
            repository,
            Map.of("scoring.maxUsers", "4", "engine.queueCapacity", "64", "limits.mapEntries", "7"),
            "saviorrec");
    engine = fixture.engine("saviorrec");
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void usersOfOneCallGetTheirAnswersInTheirOrder() {
    List<ScoreResult> results = scoreUsers(request(1, 7, 3), request(2, 5));

    assertThat(results)
        .extracting(result -> result.getResponse().getPctrList())
        .containsExactly(
            List.of(FakeEngine.scoreOf(7), FakeEngine.scoreOf(3)), List.of(FakeEngine.scoreOf(5)));
    assertThat(fixture.ended()).isEqualTo("saviorrec.v1.Scoring/ScoreUsers OK");
    assertThat(
            fixture.metric(
                "savior_score_requests_seconds_count{bucket=\"none\",model=\"saviorrec\","
                    + "priority=\"NORMAL\",status=\"OK\",variant=\"saviorrec\",version=\"1\"}"))
        .isEqualTo(2);
  }

  @Test
  void whatIsWrongWithOneUserFailsNoOther() {
    List<ScoreResult> results =
        scoreUsers(
            request(1, 7), request(2), request(3, 5).toBuilder().setModel("nobody's").build());

    assertThat(results.get(0).getResponse().getPctrList()).containsExactly(FakeEngine.scoreOf(7));
    assertThat(results.get(1).getError().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT.value());
    assertThat(results.get(1).getError().getMessage()).isEqualTo("candidates is empty");
    assertThat(results.get(2).getError().getCode()).isEqualTo(Status.Code.NOT_FOUND.value());
  }

  @Test
  void aCallForNoUserOrTooManyIsInvalid() {
    assertThat(ServingFixture.failure(this::scoreUsers).getDescription())
        .isEqualTo("requests is empty");
    ScoreRequest one = request(1, 7);
    assertThat(ServingFixture.failure(() -> scoreUsers(one, one, one, one, one)).getDescription())
        .isEqualTo("requests has 5 entries; the most is scoring.maxUsers = 4");
  }

  @Test
  void candidatesOfAllUsersTogetherAreBounded() {
    ScoreRequest six = request(1, 1, 2, 3, 4, 5, 6);
    assertThat(ServingFixture.failure(() -> scoreUsers(six, six, six)).getDescription())
        .startsWith("candidate_ids has 18 entries; the most is scoring.maxCandidates = ");
  }

  @Test
  void aStreamAnswersEachOfItsRequests() {
    Answers answers = new Answers();
    ClientCallStreamObserver<ScoreStreamRequest> stream = answers.open();
    stream.onNext(streamed(1, request(1, 7)));
    stream.onNext(streamed(2, request(2)));
    stream.onNext(streamed(3, request(3, 5)));
    stream.onCompleted();

    List<ScoreResult> results =
        Stream.generate(answers::next)
            .limit(3)
            .sorted(Comparator.comparingLong(ScoreStreamResponse::getSequence))
            .map(ScoreStreamResponse::getResult)
            .toList();
    assertThat(results.get(0).getResponse().getPctrList()).containsExactly(FakeEngine.scoreOf(7));
    assertThat(results.get(1).getError().getMessage()).isEqualTo("candidates is empty");
    assertThat(results.get(2).getResponse().getPctrList()).containsExactly(FakeEngine.scoreOf(5));
    assertThat(answers.end()).isEqualTo(Status.OK);
    fixture.awaitNothingHeld();
  }

  @Test
  void aRequestOfAStreamHasADeadlineOfItsOwn() throws InterruptedException {
    Answers answers = new Answers();
    ClientCallStreamObserver<ScoreStreamRequest> stream = answers.open();
    engine.scores.hold();
    stream.onNext(streamed(1, request(1, 7)));
    engine.scores.awaitEntered();
    stream.onNext(streamed(2, request(2, 5)).toBuilder().setTimeoutMs(30).build());

    ScoreStreamResponse late = answers.next();
    assertThat(late.getSequence()).isEqualTo(2);
    assertThat(late.getResult().getError().getCode())
        .isEqualTo(Status.Code.DEADLINE_EXCEEDED.value());
    engine.scores.open();
    assertThat(answers.next().getResult().hasResponse()).isTrue();
    stream.onCompleted();
    assertThat(answers.end()).isEqualTo(Status.OK);
  }

  @Test
  void aStreamReadsNoFurtherWhileNobodyTakesItsAnswers() throws InterruptedException {
    Answers answers = new Answers();
    ClientCallStreamObserver<ScoreStreamRequest> stream = answers.open();
    engine.scores.hold();
    int sent = 3 * ScoreStream.AT_ONCE;
    for (int i = 0; i < sent; i++) {
      stream.onNext(streamed(i, request(i, 7)));
    }
    engine.scores.awaitEntered();
    // Those beyond wait in the connection, so no request of theirs is ever taken on.
    engine.scores.open();
    for (int i = 0; i < sent; i++) {
      ScoreResult result = answers.next().getResult();
      assertThat(result.hasResponse() || result.getError().getCode() == 8).isTrue();
    }
    stream.onCompleted();
    assertThat(answers.end()).isEqualTo(Status.OK);
    assertThat(answers.most).isLessThanOrEqualTo(sent);
    fixture.awaitNothingHeld();
  }

  @Test
  void aServerThatStopsAnswersWhatAStreamHasSent() throws Exception {
    Answers answers = new Answers();
    ClientCallStreamObserver<ScoreStreamRequest> stream = answers.open();
    engine.scores.hold();
    stream.onNext(streamed(1, request(1, 7)));
    engine.scores.awaitEntered();
    Thread stopping = Thread.ofPlatform().start(() -> fixture.shutdown(Duration.ofSeconds(20)));
    while (stopping.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    engine.scores.open();

    assertThat(answers.next().getResult().hasResponse()).isTrue();
    assertThat(answers.end()).isEqualTo(Status.OK);
    stopping.join();
  }

  @Test
  void aServerThatStopsReadsNoFurtherThanItHasSaid() throws Exception {
    Answers answers = new Answers();
    ClientCallStreamObserver<ScoreStreamRequest> stream = answers.open();
    engine.scores.hold();
    stream.onNext(streamed(1, request(1, 7)));
    engine.scores.awaitEntered();
    Thread stopping = Thread.ofPlatform().start(() -> fixture.shutdown(Duration.ofSeconds(20)));
    while (stopping.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    // These are answered at once, and each answer would make room for one more.
    for (int i = 2; i < 2 * ScoreStream.AT_ONCE; i++) {
      stream.onNext(streamed(i, request(i, 5)).toBuilder().setTimeoutMs(-5).build());
    }
    for (int i = 2; i <= ScoreStream.AT_ONCE; i++) {
      assertThat(answers.next().getSequence()).isEqualTo(i);
    }
    engine.scores.open();

    assertThat(answers.next().getSequence()).isEqualTo(1);
    assertThat(answers.end()).isEqualTo(Status.OK);
    stopping.join();
  }

  @Test
  void aNegativeTimeoutIsInvalid() {
    Answers answers = new Answers();
    ClientCallStreamObserver<ScoreStreamRequest> stream = answers.open();
    stream.onNext(streamed(1, request(1, 7)).toBuilder().setTimeoutMs(-5).build());
    assertThat(answers.next().getResult().getError().getMessage())
        .isEqualTo("timeout_ms must not be negative, was -5");
    stream.onCompleted();
    assertThat(answers.end()).isEqualTo(Status.OK);
  }

  @Test
  void aStreamThatIsCancelledLeavesNothingBehind() throws InterruptedException {
    Answers answers = new Answers();
    ClientCallStreamObserver<ScoreStreamRequest> stream = answers.open();
    engine.scores.hold();
    stream.onNext(streamed(1, request(1, 7)));
    stream.onNext(streamed(2, request(2, 5)));
    engine.scores.awaitEntered();
    stream.cancel("enough", null);
    engine.scores.open();

    assertThat(fixture.ended()).isEqualTo("saviorrec.v1.Scoring/ScoreStream CANCELLED");
    fixture.awaitNothingHeld();
  }

  @Test
  void getModelTellsColumnsLimitsAndVersions() {
    GetModelResponse model = fixture.scoringStub().getModel(GetModelRequest.getDefaultInstance());

    assertThat(model.getModel()).isEqualTo("saviorrec");
    assertThat(model.getProfileList())
        .extracting(column -> column.getName() + " " + column.getKind())
        .containsExactly("city TEXT");
    assertThat(model.getContextList())
        .extracting(column -> column.getName() + " " + column.getKind())
        .containsExactly("hour NUMBER");
    assertThat(model.getLevels()).isEqualTo(FakeEngine.LEVELS);
    assertThat(model.getCodebookSize()).isEqualTo(FakeEngine.CODES);
    assertThat(model.getLimits().getMaxUsers()).isEqualTo(4);
    assertThat(model.getLimits().getMapEntries()).isEqualTo(7);
    assertThat(model.getVersionsList()).singleElement().matches(each -> each.getVersion() == 1);
  }

  @Test
  void getModelNamesWhatThereIsNot() {
    assertThat(
            ServingFixture.failure(
                    () ->
                        fixture
                            .scoringStub()
                            .getModel(GetModelRequest.newBuilder().setLabel("canary").build()))
                .getDescription())
        .isEqualTo("model saviorrec has no label \"canary\"; there are []");
  }

  private List<ScoreResult> scoreUsers(ScoreRequest... requests) {
    return fixture
        .scoringStub()
        .scoreUsers(ScoreUsersRequest.newBuilder().addAllRequests(List.of(requests)).build())
        .getResultsList();
  }

  private static ScoreStreamRequest streamed(long sequence, ScoreRequest request) {
    return ScoreStreamRequest.newBuilder().setSequence(sequence).setRequest(request).build();
  }

  private static ScoreRequest request(long userId, long... candidates) {
    ScoreRequest.Builder request =
        ScoreRequest.newBuilder().setUser(User.newBuilder().setUserId(userId));
    for (long candidate : candidates) {
      request.addCandidateIds(candidate);
    }
    return request.build();
  }

  /// What comes back by a stream.
  private final class Answers
      implements ClientResponseObserver<ScoreStreamRequest, ScoreStreamResponse> {
    private final BlockingQueue<Object> events = new LinkedBlockingQueue<>();
    private @Nullable ClientCallStreamObserver<ScoreStreamRequest> requests;
    private int most;

    ClientCallStreamObserver<ScoreStreamRequest> open() {
      ScoringGrpc.newStub(fixture.channel).scoreStream(this);
      ClientCallStreamObserver<ScoreStreamRequest> opened = requests;
      if (opened == null) {
        throw new AssertionError("the stream did not begin");
      }
      return opened;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<ScoreStreamRequest> stream) {
      requests = stream;
    }

    @Override
    public void onNext(ScoreStreamResponse answer) {
      events.add(answer);
      most = Math.max(most, events.size());
    }

    @Override
    public void onError(Throwable failure) {
      events.add(Status.fromThrowable(failure));
    }

    @Override
    public void onCompleted() {
      events.add(Status.OK);
    }

    ScoreStreamResponse next() {
      return (ScoreStreamResponse) event();
    }

    Object end() {
      return event();
    }

    private Object event() {
      try {
        Object event = events.poll(20, TimeUnit.SECONDS);
        if (event == null) {
          throw new AssertionError("nothing came");
        }
        return event;
      } catch (InterruptedException e) {
        throw new AssertionError("nothing came", e);
      }
    }
  }
}
