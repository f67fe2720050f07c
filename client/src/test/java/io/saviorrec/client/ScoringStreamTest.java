package io.saviorrec.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoreResult;
import io.saviorrec.proto.v1.User;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ScoringStreamTest {
  private final FakeServer server = new FakeServer();
  private final SaviorClient client =
      SaviorClient.connect(ClientConfig.of(server.target()).withDeadline(Duration.ofSeconds(30)));

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  @Test
  void eachRequestGetsItsOwnAnswerWhateverTheirOrder() {
    CompletableFuture<ScoreResponse> first;
    CompletableFuture<ScoreResponse> wrong;
    CompletableFuture<ScoreResponse> third;
    try (ScoringStream stream = client.openStream()) {
      first = stream.score(request(7));
      wrong = stream.score(ScoreRequest.getDefaultInstance());
      third = stream.score(request(9));
    }
    assertThat(first.join().getScores(0).getItemId()).isEqualTo(7);
    assertThat(third.join().getScores(0).getItemId()).isEqualTo(9);
    assertThatThrownBy(wrong::join)
        .cause()
        .isInstanceOfSatisfying(
            CallException.class, e -> assertThat(e.code()).isEqualTo(Status.Code.INVALID_ARGUMENT))
        .hasMessageEndingWith("candidates: none");
  }

  @Test
  void aStreamThatBreaksFailsWhatIsOnItsWayAndWhatComesLater() {
    try (ScoringStream stream = client.openStream()) {
      CompletableFuture<ScoreResponse> waiting = stream.score(request(7));
      CompletableFuture<ScoreResponse> breaking =
          stream.score(request(7).toBuilder().setUser(User.newBuilder().setUserId(13)).build());
      for (CompletableFuture<ScoreResponse> each : List.of(waiting, breaking)) {
        assertThatThrownBy(each::join)
            .cause()
            .isInstanceOf(CallException.class)
            .hasMessageEndingWith("answered UNAVAILABLE: stopping");
      }
      assertThatThrownBy(() -> stream.score(request(1)).join())
          .cause()
          .isInstanceOf(CallException.class);
    }
  }

  @Test
  void aRequestWithoutAnAnswerFailsAtItsDeadline() {
    try (ScoringStream stream = client.withDeadline(Duration.ofMillis(50)).openStream()) {
      assertThatThrownBy(() -> stream.score(request(7)).join())
          .cause()
          .isInstanceOfSatisfying(
              CallException.class,
              e -> assertThat(e.code()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
    }
  }

  @Test
  void onlySoManyRequestsWait() {
    try (ScoringStream stream = client.openStream()) {
      for (int i = 0; i < ScoringStream.MOST_WAITING; i++) {
        assertThat(stream.score(request(i))).isNotDone();
      }
      assertThatThrownBy(() -> stream.score(request(7)).join())
          .cause()
          .isInstanceOf(CallException.class)
          .hasMessageEndingWith("1000 requests of this stream wait already");
    }
  }

  @Test
  void requestsWhoseDeadlineHasPassedMakeRoom() {
    try (ScoringStream stream = client.withDeadline(Duration.ofMillis(50)).openStream()) {
      List<CompletableFuture<ScoreResponse>> late = new ArrayList<>();
      for (int i = 0; i < ScoringStream.MOST_WAITING; i++) {
        late.add(stream.score(request(i)));
      }
      late.forEach(each -> assertThatThrownBy(each::join).hasCauseInstanceOf(CallException.class));

      assertThatThrownBy(() -> stream.score(request(7)).join())
          .cause()
          .isInstanceOfSatisfying(
              CallException.class,
              e -> assertThat(e.code()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
    }
  }

  @Test
  void aClosedStreamTakesNothing() {
    ScoringStream stream = client.openStream();
    stream.close();
    assertThatIllegalStateException().isThrownBy(() -> stream.score(request(1)));
  }

  @Test
  void severalUsersGetTheirAnswersInTheirOrder() {
    List<ScoreResult> results =
        client.scoreUsers(List.of(request(7), ScoreRequest.getDefaultInstance()));
    assertThat(results.get(0).getResponse().getScores(0).getItemId()).isEqualTo(7);
    assertThat(results.get(1).getError().getMessage()).isEqualTo("candidates: none");
  }

  private static ScoreRequest request(long candidate) {
    return ScoreRequest.newBuilder()
        .addCandidates(Candidate.newBuilder().setItemId(candidate))
        .build();
  }
}
