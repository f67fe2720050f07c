package io.saviorrec.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.saviorrec.bundle.Bundle;
import io.saviorrec.contract.Precision;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.Degradation;
import io.saviorrec.proto.v1.Priority;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.proto.v1.User;
import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.engine.BundleEngine;
import io.saviorrec.server.engine.Slots;
import io.saviorrec.server.fakes.HeldEngine;
import io.saviorrec.server.fakes.TinyRepository;
import io.saviorrec.server.store.InMemoryItemStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Overloads the one thread of a server whose model libtorch runs.
@Timeout(120)
class RealOverloadTest {
  /// Any wait at all.
  private static final String AT_ONCE = "0.000001";

  private static final String NEVER = "1";

  @TempDir private static Path repository;
  private final HeldEngine.Gate gate = new HeldEngine.Gate();
  private @Nullable Server server;
  private @Nullable ManagedChannel channel;

  @BeforeAll
  static void writeBundle() throws Exception {
    TinyRepository.write(repository.resolve("models"), 1, 20);
  }

  @AfterEach
  void stop() {
    gate.open();
    if (channel != null) {
      channel.shutdownNow();
    }
    if (server != null) {
      server.close();
    }
  }

  @Test
  void theImportantGoFirstAndShortenedScoresAreThoseOfTheShorterHistory() throws Exception {
    start(Map.of("overload.shortHistoryAfter", AT_ONCE, "overload.baseScoreAfter", NEVER));
    Map<Long, List<Float>> quiet = new TreeMap<>();
    for (long user : new long[] {2, 3, 6}) {
      quiet.put(user, pctr(score(request(user, 13)).get()));
      assertThat(quiet.get(user)).isNotEqualTo(pctr(score(request(user, 11, 12, 13)).get()));
    }
    List<Float> whole = pctr(score(request(4, 11, 12, 13)).get());
    ListenableFuture<ScoreResponse> running = holdUp();
    ListenableFuture<ScoreResponse> low =
        queue(request(2, 11, 12, 13).setPriority(Priority.LOW), 1);
    ListenableFuture<ScoreResponse> normal = queue(request(3, 11, 12, 13), 2);
    ListenableFuture<ScoreResponse> exact = queue(request(4, 11, 12, 13).setExact(true), 3);
    ListenableFuture<ScoreResponse> atMost = queue(request(5, 13), 4);
    ListenableFuture<ScoreResponse> high =
        queue(request(6, 11, 12, 13).setPriority(Priority.HIGH), 5);
    gate.open();

    Map<Long, ListenableFuture<ScoreResponse>> shortened = Map.of(2L, low, 3L, normal, 6L, high);
    for (long user : shortened.keySet()) {
      ScoreResponse answer = Objects.requireNonNull(shortened.get(user)).get();
      assertThat(answer.getDegradedList()).containsExactly(Degradation.SHORT_HISTORY);
      assertThat(pctr(answer)).isEqualTo(quiet.get(user));
    }
    assertThat(exact.get().getDegradedList()).isEmpty();
    assertThat(pctr(exact.get())).isEqualTo(whole);
    // Nothing was cut off.
    assertThat(atMost.get().getDegradedList()).isEmpty();
    assertThat(running.get().getDegradedList()).isEmpty();
    assertThat(gate.firstUsers()).containsExactly(1L, 6L, 3L, 4L, 5L, 2L);
  }

  @Test
  void baseScoresComeAtOnceAndSayThatTheyAreNoneOfTheModel() throws Exception {
    start(
        Map.of(
            "overload.shortHistoryAfter", NEVER,
            "overload.baseScoreAfter", AT_ONCE,
            "engine.queueCapacity", "1"));
    ListenableFuture<ScoreResponse> running = holdUp();
    ScoreResponse base = score(withBaseScores(2)).get();

    assertThat(base.getDegradedList()).containsExactly(Degradation.BASE_SCORE);
    assertThat(base.getScoresList()).extracting(Score::getItemId).containsExactly(14L, 15L);
    assertThat(pctr(base)).containsExactly(0.25f, 0.75f);
    assertThat(base.getScoresList())
        .extracting(Score::getSource)
        .containsOnly(ScoreSource.PCTR_BASE);
    assertThat(base.getModel()).isEqualTo("tiny");
    assertThat(base.getRequestId()).isEqualTo("r2");
    ListenableFuture<ScoreResponse> exact = queue(withBaseScores(3).setExact(true), 1);
    // The queue is full, and there is an answer all the same.
    assertThat(score(withBaseScores(4)).get().getDegradedList())
        .containsExactly(Degradation.BASE_SCORE);
    gate.open();
    assertThat(exact.get().getDegradedList()).isEmpty();
    assertThat(exact.get().getScores(0).getSource()).isEqualTo(ScoreSource.TRAINED);
    running.get();
    assertThat(gate.firstUsers()).containsExactly(1L, 3L);
  }

  @Test
  void requestsThatAreScoredTogetherGetTheScoresThatTheyGetAlone() throws Exception {
    start(Map.of("engine.batchRows", "100", "scoring.maxCandidates", "40"));
    List<ScoreRequest.Builder> requests =
        List.of(
            request(2, 11, 12, 13),
            request(3),
            withBaseScores(4),
            request(5, 13).setExact(true),
            request(6, 12, 11));
    List<List<Float>> alone = new ArrayList<>();
    for (ScoreRequest.Builder request : requests) {
      alone.add(pctr(score(request.setExact(true)).get()));
    }
    ListenableFuture<ScoreResponse> running = holdUp();
    List<ListenableFuture<ScoreResponse>> together = new ArrayList<>();
    for (ScoreRequest.Builder request : requests) {
      together.add(queue(request, together.size() + 1));
    }
    gate.open();

    running.get();
    for (int i = 0; i < requests.size(); i++) {
      List<Float> scores = pctr(together.get(i).get());
      assertThat(scores).hasSameSizeAs(alone.get(i));
      for (int j = 0; j < scores.size(); j++) {
        assertThat(scores.get(j)).isCloseTo(alone.get(i).get(j), within(1e-6f));
      }
    }
    assertThat(gate.firstUsers()).as("calls of the engine, by their first").containsExactly(1L, 2L);
  }

  @Test
  void aFullQueueMakesRoomForTheImportantAndTellsTheOthersWhenToComeBack() throws Exception {
    start(Map.of("engine.queueCapacity", "1"));
    ListenableFuture<ScoreResponse> running = holdUp();
    ListenableFuture<ScoreResponse> low = queue(request(2).setPriority(Priority.LOW), 1);
    ListenableFuture<ScoreResponse> high = score(request(3).setPriority(Priority.HIGH));

    assertRefused(low, "the scoring queue is full, and a request of higher priority came");
    assertRefused(score(request(4)), "the scoring queue is full: 1 requests wait already");
    assertRefused(
        score(request(5).setPriority(Priority.HIGH)),
        "the scoring queue is full: 1 requests wait already");
    assertThatThrownBy(score(request(6).setPriorityValue(77))::get)
        .hasMessageContaining("INVALID_ARGUMENT: priority is unknown: 77");
    gate.open();
    running.get();
    high.get();
    assertThat(gate.firstUsers()).containsExactly(1L, 3L);
  }

  private void start(Map<String, String> settings) {
    Map<String, String> all = new TreeMap<>(settings);
    all.put("engine.threads", "1");
    all.putIfAbsent("engine.queueCapacity", "16");
    all.put("overload.historyShare", "0.3");
    Server.Parts parts =
        new Server.Parts(
            folder -> new InMemoryItemStore(),
            (Bundle bundle, Slots slots) ->
                new HeldEngine(BundleEngine.load(bundle, "cpu", slots, Precision.FP32), gate));
    Server started = Server.start(repository.resolve("models"), TestConfigs.small(all), parts);
    server = started;
    channel =
        NettyChannelBuilder.forAddress("127.0.0.1", started.grpcPort()).usePlaintext().build();
  }

  /// A request that the thread runs until the gate opens.
  private ListenableFuture<ScoreResponse> holdUp() throws InterruptedException {
    gate.shut();
    ListenableFuture<ScoreResponse> running = score(request(1, 11, 12, 13));
    gate.awaitEntered();
    return running;
  }

  private ListenableFuture<ScoreResponse> score(ScoreRequest.Builder request) {
    if (channel == null) {
      throw new IllegalStateException("not started");
    }
    return ScoringGrpc.newFutureStub(channel)
        .withDeadlineAfter(60, TimeUnit.SECONDS)
        .score(request.build());
  }

  /// A request that has come into the queue as the one of that number.
  private ListenableFuture<ScoreResponse> queue(ScoreRequest.Builder request, int number) {
    ListenableFuture<ScoreResponse> waiting = score(request);
    while (server != null && server.queued() != number) {
      if (Thread.interrupted() || waiting.isDone()) {
        throw new AssertionError("the request does not wait");
      }
      Thread.onSpinWait();
    }
    return waiting;
  }

  private static ScoreRequest.Builder request(long userId, long... history) {
    User.Builder user = User.newBuilder().setUserId(userId);
    for (long item : history) {
      user.addHistory(item);
    }
    return ScoreRequest.newBuilder()
        .setRequestId("r" + userId)
        .setUser(user)
        .addCandidates(Candidate.newBuilder().setItemId(14))
        .addCandidates(Candidate.newBuilder().setItemId(15));
  }

  private static ScoreRequest.Builder withBaseScores(long userId) {
    ScoreRequest.Builder request = request(userId, 11, 12, 13);
    request.getCandidatesBuilder(0).setPctrBase(0.25);
    request.getCandidatesBuilder(1).setPctrBase(0.75);
    return request;
  }

  private static List<Float> pctr(ScoreResponse response) {
    return response.getScoresList().stream().map(Score::getPctr).toList();
  }

  private static void assertRefused(ListenableFuture<ScoreResponse> answer, String why) {
    assertThatThrownBy(answer::get)
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
              assertThat(e.getStatus().getDescription()).isEqualTo(why);
              Metadata trailers = Objects.requireNonNull(e.getTrailers());
              String hint =
                  trailers.get(
                      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER));
              assertThat(hint).matches("[1-9][0-9]+");
            });
  }
}
