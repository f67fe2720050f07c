package io.saviorrec.server.grpc;

import static io.saviorrec.server.grpc.ServingFixture.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.StreamObserver;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.proto.v1.UpsertItemsResponse;
import io.saviorrec.server.admission.ByteBudget;
import io.saviorrec.server.fakes.Http2Peer;
import io.saviorrec.server.request.RequestException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// What a call may hold and for how long, through a real port.
class CallLifeTest extends PortTest {
  @Test
  void aFullBudgetRefusesCallsAtOnceAndTakesThemWhenTheOthersHaveEnded() throws Exception {
    ServingFixture fixture =
        start(Map.of("limits.inFlightBytes", "2000000", "limits.connectionBytes", "2000000"));
    fixture.engine("saviorrec").scores.hold();
    ScoreRequest large =
        REQUEST.toBuilder()
            .putContext("hour", FeatureValue.newBuilder().setNumber(1).build())
            .putContext("x", FeatureValue.newBuilder().setText("y".repeat(700_000)).build())
            .build();
    ListenableFuture<ScoreResponse> running =
        ScoringGrpc.newFutureStub(fixture.channel).score(large);
    fixture.engine("saviorrec").scores.awaitEntered();

    Status status = failure(() -> fixture.scoringStub().score(large));
    assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(status.getDescription()).contains("limits.connectionBytes = 2000000");
    assertThat(fixture.ended()).isEqualTo(SCORE + " RESOURCE_EXHAUSTED");
    fixture.engine("saviorrec").scores.open();
    assertThat(running.get(20, TimeUnit.SECONDS).getScoresCount()).isEqualTo(1);
    assertThat(fixture.ended()).isEqualTo(SCORE + " OK");
    fixture.awaitNothingHeld();
    assertThat(fixture.scoringStub().score(large).getScoresCount()).isEqualTo(1);
  }

  @Test
  void noConnectionTakesAllOfTheBudget() throws Exception {
    ServingFixture fixture =
        start(Map.of("limits.inFlightBytes", "4000000", "limits.connectionBytes", "1100000"));
    try (Http2Peer greedy = Http2Peer.greet(fixture.port())) {
      for (int stream = 1; stream < 60; stream += 2) {
        greedy.call(stream, UPSERT, Map.of());
        greedy.data(stream, new byte[] {0, 1, 0, 0, 0}, false);
      }
      for (int stream = 1; stream < 60; stream += 2) {
        // Well within the window of one call.
        for (int part = 0; part < 3; part++) {
          greedy.data(stream, new byte[16 << 10], false);
        }
      }
      assertThat(fixture.ended()).isEqualTo(UPSERT + " RESOURCE_EXHAUSTED");
      assertThat(fixture.scoringStub().score(REQUEST).getScoresCount()).isEqualTo(1);
      assertThat(fixture.memory.used()).isLessThanOrEqualTo(1_200_000);
    }
    fixture.awaitNothingHeld();
  }

  @Test
  void manyLargeUpsertsAtOnceAreRefusedAndNotTried() throws Exception {
    ServingFixture fixture =
        start(
            Map.of(
                "limits.inFlightBytes", "8000000",
                "limits.connectionBytes", "4000000",
                "limits.upsertBytes", "3000000"));
    UpsertItemsRequest request =
        UpsertItemsRequest.newBuilder()
            .addItems(
                Item.newBuilder()
                    .setItemId(1)
                    .setTitle("t")
                    .setImage(ByteString.copyFrom(new byte[2_500_000])))
            .build();
    List<ManagedChannel> channels = new ArrayList<>();
    List<ListenableFuture<UpsertItemsResponse>> answers = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      ManagedChannel channel =
          NettyChannelBuilder.forAddress("127.0.0.1", fixture.port()).usePlaintext().build();
      channels.add(channel);
      answers.add(ItemsGrpc.newFutureStub(channel).upsertItems(request));
    }
    for (ListenableFuture<UpsertItemsResponse> answer : answers) {
      try {
        answer.get(20, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        assertThat(Status.fromThrowable(e).getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      }
      assertThat(fixture.memory.used()).isLessThanOrEqualTo(8_000_000);
    }
    channels.forEach(ManagedChannel::shutdownNow);
    fixture.awaitNothingHeld();
  }

  @Test
  void anAnswerThatNobodyReadsIsHeldNoLongerThanACallMayLast() throws Exception {
    ServingFixture fixture = start(Map.of("limits.longestCall", "500ms"));
    try (Http2Peer client = Http2Peer.greet(fixture.port(), Http2Peer.INITIAL_WINDOW_SIZE, 0)) {
      client.call(1, SCORE, Map.of());
      client.message(1, REQUEST.toByteArray(), true);
      assertThat(fixture.ended()).isEqualTo(SCORE + " DEADLINE_EXCEEDED");
      client.await(Http2Peer.RST_STREAM);
    }
    fixture.awaitNothingHeld();
  }

  @Test
  void aCallThatStallsEndsAtItsLongestLife() throws Exception {
    ServingFixture fixture = start(Map.of("limits.longestCall", "300ms"));
    try (Http2Peer client = Http2Peer.greet(fixture.port())) {
      client.call(1, SCORE, Map.of());
      client.call(3, SCORE, Map.of("grpc-timeout", "99H"));
      client.data(3, new byte[] {0, 0, 0}, false);
      client.call(5, SCORE, Map.of("grpc-timeout", "nonsense"));
      client.data(5, new byte[] {0, 0, 0, 0, 9, 1}, false);
      for (int i = 0; i < 3; i++) {
        assertThat(fixture.ended()).isEqualTo(SCORE + " DEADLINE_EXCEEDED");
      }
    }
    fixture.awaitNothingHeld();
  }

  @Test
  void anAnswerAfterItsDeadlineCountsAsLateAndHoldsMemoryUntilItsWorkHasEnded() throws Exception {
    ServingFixture fixture = start(Map.of());
    fixture.scoringStub().score(REQUEST);
    assertThat(fixture.ended()).isEqualTo(SCORE + " OK");
    fixture.engine("saviorrec").scores.hold();
    ListenableFuture<ScoreResponse> late =
        ScoringGrpc.newFutureStub(fixture.channel)
            .withDeadlineAfter(3, TimeUnit.SECONDS)
            .score(REQUEST);
    fixture.engine("saviorrec").scores.awaitEntered();

    assertThatThrownBy(() -> late.get(20, TimeUnit.SECONDS))
        .hasMessageContaining("DEADLINE_EXCEEDED");
    assertThat(fixture.memory.used()).isPositive();
    fixture.engine("saviorrec").scores.open();
    assertThat(fixture.ended()).isEqualTo(SCORE + " DEADLINE_EXCEEDED");
    fixture.awaitNothingHeld();
  }

  @Test
  void aClientThatDiesInMidMessageCountsAsCancelled() throws Exception {
    ServingFixture fixture = start(Map.of());
    Http2Peer client = Http2Peer.greet(fixture.port());
    client.call(1, UPSERT, Map.of());
    client.data(1, new byte[] {0, 0, 1, 0, 0, 1, 2, 3}, false);
    fixture.awaitHeld();
    client.kill();

    assertThat(fixture.ended()).isEqualTo(UPSERT + " CANCELLED");
    fixture.awaitNothingHeld();
  }

  @Test
  void healthWatchesAndReflectionAreBoundedButLast() throws Exception {
    ServingFixture fixture = start(Map.of("limits.longestCall", "100ms", "limits.streams", "1"));
    HealthGrpc.HealthBlockingStub health = HealthGrpc.newBlockingStub(fixture.channel);
    HealthCheckRequest all = HealthCheckRequest.getDefaultInstance();
    Iterator<HealthCheckResponse> watch = health.watch(all);
    assertThat(watch.next().getStatus()).isEqualTo(HealthCheckResponse.ServingStatus.NOT_SERVING);

    Status status = failure(() -> health.watch(all).next());
    assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(status.getDescription()).isEqualTo("limits.streams = 1 streams are open already");
    try (Http2Peer stalled = Http2Peer.greet(fixture.port())) {
      stalled.call(1, SCORE, Map.of());
      assertThat(fixture.ended()).isEqualTo("grpc.health.v1.Health/Watch RESOURCE_EXHAUSTED");
      assertThat(fixture.ended()).isEqualTo(SCORE + " DEADLINE_EXCEEDED");
    }
    // The first one outlived what ends other calls.
    fixture.serving();
    assertThat(watch.next().getStatus()).isEqualTo(HealthCheckResponse.ServingStatus.SERVING);
  }

  @Test
  void oneConnectionCannotHoldEveryStream() throws Exception {
    ServingFixture fixture = start(Map.of("limits.streams", "20"));
    HealthGrpc.HealthBlockingStub health = HealthGrpc.newBlockingStub(fixture.channel);
    HealthCheckRequest all = HealthCheckRequest.getDefaultInstance();
    List<Iterator<HealthCheckResponse>> watches = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      watches.add(health.watch(all));
      assertThat(watches.getLast().hasNext()).isTrue();
    }

    assertThat(failure(() -> health.watch(all).next()).getDescription())
        .isEqualTo("a tenth of limits.streams = 20 is open on this connection already");
    ManagedChannel another =
        NettyChannelBuilder.forAddress("127.0.0.1", fixture.port()).usePlaintext().build();
    try {
      assertThat(HealthGrpc.newBlockingStub(another).watch(all).hasNext()).isTrue();
    } finally {
      another.shutdownNow();
    }
  }

  @Test
  void answersThatAStreamHasSentHoldNoMemory() throws Exception {
    ServingFixture fixture = start(Map.of());
    BlockingQueue<ServerReflectionResponse> answers = new LinkedBlockingQueue<>();
    StreamObserver<ServerReflectionRequest> questions =
        ServerReflectionGrpc.newStub(fixture.channel)
            .serverReflectionInfo(
                new StreamObserver<>() {
                  @Override
                  public void onNext(ServerReflectionResponse answer) {
                    answers.add(answer);
                  }

                  @Override
                  public void onError(Throwable failure) {}

                  @Override
                  public void onCompleted() {}
                });
    ServerReflectionRequest question =
        ServerReflectionRequest.newBuilder()
            .setFileContainingSymbol("saviorrec.v1.Scoring")
            .build();
    long answered = 0;
    for (int i = 0; i < 100; i++) {
      questions.onNext(question);
      ServerReflectionResponse answer = answers.poll(20, TimeUnit.SECONDS);
      assertThat(answer).isNotNull();
      answered += answer.getSerializedSize();
    }

    assertThat(fixture.memory.used()).isLessThan(answered / 5);
    questions.onCompleted();
    fixture.awaitNothingHeld();
  }

  @Test
  void healthIsToldWhenThereIsNoMemoryForAnotherCall() throws Exception {
    ServingFixture fixture = start(Map.of());
    ByteBudget.Reservation all = fixture.memory.share().reservation();
    ByteBudget.Reservation more = fixture.memory.share().reservation();
    fill(all);
    fill(more);
    while (fixture.memory.used() < fixture.memory.capacity() - (8 << 10)) {
      fill(fixture.memory.share().reservation());
    }

    assertThat(failure(() -> fixture.scoringStub().score(REQUEST)).getCode())
        .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(
            HealthGrpc.newBlockingStub(fixture.channel)
                .check(HealthCheckRequest.getDefaultInstance())
                .getStatus())
        .isEqualTo(HealthCheckResponse.ServingStatus.NOT_SERVING);
  }

  /// Takes as much as one connection may.
  private static void fill(ByteBudget.Reservation reservation) {
    for (long bytes = 1L << 30; bytes > 0; bytes /= 2) {
      try {
        reservation.grow(bytes);
      } catch (RequestException e) {
        // Half of it, then.
      }
    }
  }

  @Test
  void openHealthChecksOfOneConnectionAreFewAndShort() throws Exception {
    ServingFixture fixture = start(Map.of());
    String check = "grpc.health.v1.Health/Check";
    try (Http2Peer client = Http2Peer.greet(fixture.port())) {
      for (int stream = 1; stream <= 17; stream += 2) {
        client.call(stream, check, Map.of());
      }
      assertThat(fixture.ended()).isEqualTo(check + " RESOURCE_EXHAUSTED");
      for (int i = 0; i < 8; i++) {
        assertThat(fixture.ended()).isEqualTo(check + " DEADLINE_EXCEEDED");
      }
      client.call(19, check, Map.of());
      client.message(19, new byte[0], true);
      assertThat(fixture.ended()).isEqualTo(check + " OK");
    }
  }
}
