package io.saviorrec.server.grpc;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.GetItemsRequest;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.ScoringGrpc;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.proto.v1.UpsertItemsResponse;
import io.saviorrec.proto.v1.User;
import io.saviorrec.server.admission.ByteBudget;
import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.request.RequestException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What clumsy and hostile peers do, through a real port.
@Timeout(60)
class EdgeTest {
  private static final String SCORE = "saviorrec.v1.Scoring/Score";
  private static final String UPSERT = "saviorrec.v1.Items/UpsertItems";
  private static final ScoreRequest REQUEST =
      ScoreRequest.newBuilder().addCandidates(Candidate.newBuilder().setItemId(1)).build();

  @TempDir private Path repository;
  private @Nullable ServingFixture started;

  @AfterEach
  void stop() {
    if (started != null) {
      started.close();
    }
  }

  private ServingFixture start(Map<String, String> settings) throws IOException {
    started = new ServingFixture(repository, settings, "saviorrec");
    return started;
  }

  @Test
  void aMessageThatIsNoProtobufIsInvalid() throws IOException {
    ServingFixture fixture = start(Map.of());

    for (byte[] body :
        List.of(
            new byte[] {-1, -1, -1, -1},
            new byte[] {0x0a, 0x7f},
            new byte[] {0x0c},
            new byte[] {0x0a, 2, (byte) 0xc3, 0x28},
            new byte[] {0x3a, 3, 0x08})) {
      Status status = failure(() -> raw(fixture.channel, SCORE, body, null));
      assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertThat(status.getDescription())
          .isEqualTo("the message is no valid protobuf of saviorrec.v1.Scoring/Score");
    }
  }

  @Test
  void aGzipOfManyTimesItsSizeIsRefusedBeforeItIsWhole() throws IOException {
    ServingFixture fixture = start(Map.of());
    byte[] bomb = packedHistory(60_000_000);

    Status status = failure(() -> raw(fixture.channel, SCORE, bomb, "gzip"));

    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription())
        .isEqualTo("the message is longer than limits.scoreBytes = 1048576 bytes");
    awaitNothingHeld(fixture);
  }

  @Test
  void aMessageThatIsNoGzipThoughItSaysSoIsInvalid() throws IOException {
    ServingFixture fixture = start(Map.of());
    try (RawHttp2 client = new RawHttp2(fixture.port()).greet()) {
      client.headers(1, SCORE, "grpc-encoding", "gzip");
      client.frame(RawHttp2.DATA, 1, 1, new byte[] {1, 0, 0, 0, 2, 7, 7});
      assertThat(ended(fixture)).isEqualTo(SCORE + " INVALID_ARGUMENT");
      client.headers(3, SCORE, "grpc-encoding", "x".repeat(100));
      client.message(3, REQUEST.toByteArray());
      assertThat(ended(fixture)).isEqualTo(SCORE + " UNIMPLEMENTED");
    }
  }

  @Test
  void moreElementsThanThereMayBeAreInvalid() throws IOException {
    ServingFixture fixture =
        start(
            Map.of("limits.history", "5", "limits.mapEntries", "3", "limits.requestIdChars", "9"));
    FeatureValue value = FeatureValue.newBuilder().setNumber(1).build();
    ScoreRequest.Builder candidates = ScoreRequest.newBuilder();
    UpsertItemsRequest.Builder items = UpsertItemsRequest.newBuilder();
    GetItemsRequest.Builder ids = GetItemsRequest.newBuilder();
    for (int i = 0; i <= TestConfigs.MAX_CANDIDATES; i++) {
      candidates.addCandidates(Candidate.newBuilder().setItemId(i));
      ids.addItemIds(i);
      items.addItems(Item.newBuilder().setItemId(i).setTitle("t"));
    }
    Item.Builder features = Item.newBuilder().setItemId(1).setTitle("t");
    User.Builder profile = User.newBuilder();
    for (int i = 0; i < 4; i++) {
      features.putFeatures("f" + i, value);
      profile.putProfile("f" + i, value);
    }
    User history = User.newBuilder().addAllHistory(List.of(1L, 2L, 3L)).build();

    assertInvalid(
        () -> fixture.scoringStub().score(candidates.build()),
        "candidates has 13 entries; the most is scoring.maxCandidates = 12");
    assertInvalid(
        () -> fixture.itemsStub().getItems(ids.build()),
        "item_ids has 13 entries; the most is scoring.maxCandidates = 12");
    assertInvalid(
        () -> fixture.itemsStub().upsertItems(items.build()),
        "items has 13 entries; the most is items.maxUpsertBatch = 6");
    assertInvalid(
        () -> raw(fixture.channel, SCORE, packedHistory(7), null),
        "user.history has 7 entries; the most is limits.history = 5");
    // Two users of one request are one.
    assertInvalid(
        () ->
            raw(
                fixture.channel,
                SCORE,
                ScoreRequest.newBuilder()
                    .setUser(history)
                    .build()
                    .toByteString()
                    .concat(ScoreRequest.newBuilder().setUser(history).build().toByteString())
                    .toByteArray(),
                null),
        "user.history has 6 entries; the most is limits.history = 5");
    assertInvalid(
        () -> fixture.scoringStub().score(REQUEST.toBuilder().setUser(profile).build()),
        "context and user.profile has 4 entries; the most is limits.mapEntries = 3");
    assertInvalid(
        () ->
            fixture
                .itemsStub()
                .upsertItems(UpsertItemsRequest.newBuilder().addItems(features).build()),
        "stats and features has 4 entries; the most is limits.mapEntries = 3");
    assertInvalid(
        () -> fixture.scoringStub().score(REQUEST.toBuilder().setRequestId("0123456789").build()),
        "request_id has 10 bytes; the most is limits.requestIdChars = 9");
    awaitNothingHeld(fixture);
  }

  @Test
  void unknownFieldsTakeNoMemoryAndDoNotHarm() throws IOException {
    ServingFixture fixture = start(Map.of());
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(REQUEST.toByteArray());
    for (int i = 0; i < 900; i++) {
      body.writeBytes(new byte[] {0x78, 1});
    }
    ScoreResponse response =
        ScoreResponse.parseFrom(raw(fixture.channel, SCORE, body.toByteArray(), null));

    assertThat(response.getScoresCount()).isEqualTo(1);
  }

  @Test
  void aCallWithoutAMessageIsInvalid() throws IOException {
    ServingFixture fixture = start(Map.of());
    try (RawHttp2 client = new RawHttp2(fixture.port()).greet()) {
      client.headers(1, SCORE);
      client.frame(RawHttp2.DATA, 1, 1, new byte[0]);
      assertThat(ended(fixture)).isEqualTo(SCORE + " INVALID_ARGUMENT");
    }
  }

  @Test
  void anUnknownMethodIsUnimplementedAndItsNameIsCut() throws IOException {
    ServingFixture fixture = start(Map.of());

    Status status =
        failure(() -> raw(fixture.channel, "no.Such/" + "x".repeat(500), new byte[0], null));

    assertThat(status.getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
    assertThat(status.getDescription())
        .isEqualTo("no such method: \"no.Such/" + "x".repeat(92) + "…\"");
    assertThat(ended(fixture)).isEqualTo("unknown UNIMPLEMENTED");
  }

  @Test
  void errorsRepeatLittleOfWhatWasSent() throws IOException {
    ServingFixture fixture = start(Map.of());
    String tooLong = "x".repeat(100_000);
    ScoreRequest model = REQUEST.toBuilder().setModel(tooLong).build();
    ScoreRequest bucket = REQUEST.toBuilder().setBucket(tooLong + "\n").build();
    ScoreRequest text =
        REQUEST.toBuilder()
            .putContext("hour", FeatureValue.newBuilder().setText(tooLong).build())
            .build();
    UpsertItemsRequest stats =
        UpsertItemsRequest.newBuilder()
            .addItems(Item.newBuilder().setItemId(1).setTitle("t").putStats(tooLong, 1))
            .addItems(
                Item.newBuilder()
                    .setItemId(2)
                    .setTitle("t")
                    .putFeatures(tooLong, FeatureValue.getDefaultInstance()))
            .build();

    for (ScoreRequest request : List.of(model, bucket, text)) {
      assertThat(failure(() -> fixture.scoringStub().score(request)).getDescription())
          .contains("x".repeat(100))
          .hasSizeLessThan(400)
          .doesNotContain("\n");
    }
    UpsertItemsResponse answer = fixture.itemsStub().upsertItems(stats);
    assertThat(answer.getResultsList())
        .allSatisfy(each -> assertThat(each.getError()).isNotEmpty());
    assertThat(answer.getSerializedSize()).isLessThan(1000);
  }

  @Test
  void aNegativeVersionIsInvalid() throws IOException {
    ServingFixture fixture = start(Map.of());

    assertInvalid(
        () -> fixture.scoringStub().score(REQUEST.toBuilder().setVersion(-1).build()),
        "version must not be negative, was -1");
  }

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
    assertThat(ended(fixture)).isEqualTo(SCORE + " RESOURCE_EXHAUSTED");
    fixture.engine("saviorrec").scores.open();
    assertThat(running.get(20, TimeUnit.SECONDS).getScoresCount()).isEqualTo(1);
    assertThat(ended(fixture)).isEqualTo(SCORE + " OK");
    awaitNothingHeld(fixture);
    assertThat(fixture.scoringStub().score(large).getScoresCount()).isEqualTo(1);
  }

  @Test
  void noConnectionTakesAllOfTheBudget() throws Exception {
    ServingFixture fixture =
        start(Map.of("limits.inFlightBytes", "4000000", "limits.connectionBytes", "1100000"));
    try (RawHttp2 greedy = new RawHttp2(fixture.port()).greet()) {
      for (int stream = 1; stream < 60; stream += 2) {
        greedy.headers(stream, UPSERT);
        greedy.data(stream, new byte[] {0, 1, 0, 0, 0});
      }
      for (int stream = 1; stream < 60; stream += 2) {
        // Well within the window of one call.
        for (int part = 0; part < 3; part++) {
          greedy.data(stream, new byte[16 << 10]);
        }
      }
      assertThat(ended(fixture)).isEqualTo(UPSERT + " RESOURCE_EXHAUSTED");
      assertThat(fixture.scoringStub().score(REQUEST).getScoresCount()).isEqualTo(1);
      assertThat(fixture.memory.used()).isLessThanOrEqualTo(1_200_000);
    }
    awaitNothingHeld(fixture);
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
    awaitNothingHeld(fixture);
  }

  @Test
  void anAnswerThatNobodyReadsIsHeldNoLongerThanACallMayLast() throws Exception {
    ServingFixture fixture = start(Map.of("limits.longestCall", "500ms"));
    try (RawHttp2 client = new RawHttp2(fixture.port()).greet(4, 0)) {
      client.headers(1, SCORE);
      client.message(1, REQUEST.toByteArray());
      assertThat(ended(fixture)).isEqualTo(SCORE + " DEADLINE_EXCEEDED");
      client.await(RawHttp2.RST_STREAM);
    }
    awaitNothingHeld(fixture);
  }

  @Test
  void aCallThatStallsEndsAtItsLongestLife() throws Exception {
    ServingFixture fixture = start(Map.of("limits.longestCall", "300ms"));
    try (RawHttp2 client = new RawHttp2(fixture.port()).greet()) {
      client.headers(1, SCORE);
      client.headers(3, SCORE, "grpc-timeout", "99H");
      client.data(3, new byte[] {0, 0, 0});
      client.headers(5, SCORE, "grpc-timeout", "nonsense");
      client.data(5, new byte[] {0, 0, 0, 0, 9, 1});
      for (int i = 0; i < 3; i++) {
        assertThat(ended(fixture)).isEqualTo(SCORE + " DEADLINE_EXCEEDED");
      }
    }
    awaitNothingHeld(fixture);
  }

  @Test
  void anAnswerAfterItsDeadlineCountsAsLateAndHoldsMemoryUntilItsWorkHasEnded() throws Exception {
    ServingFixture fixture = start(Map.of());
    fixture.scoringStub().score(REQUEST);
    assertThat(ended(fixture)).isEqualTo(SCORE + " OK");
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
    assertThat(ended(fixture)).isEqualTo(SCORE + " DEADLINE_EXCEEDED");
    awaitNothingHeld(fixture);
  }

  @Test
  void aClientThatDiesInMidMessageCountsAsCancelled() throws Exception {
    ServingFixture fixture = start(Map.of());
    RawHttp2 client = new RawHttp2(fixture.port()).greet();
    client.headers(1, UPSERT);
    client.data(1, new byte[] {0, 0, 1, 0, 0, 1, 2, 3});
    awaitHeld(fixture);
    client.kill();

    assertThat(ended(fixture)).isEqualTo(UPSERT + " CANCELLED");
    awaitNothingHeld(fixture);
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
    try (RawHttp2 stalled = new RawHttp2(fixture.port()).greet()) {
      stalled.headers(1, SCORE);
      assertThat(ended(fixture)).isEqualTo("grpc.health.v1.Health/Watch RESOURCE_EXHAUSTED");
      assertThat(ended(fixture)).isEqualTo(SCORE + " DEADLINE_EXCEEDED");
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
    awaitNothingHeld(fixture);
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
  void connectionsAboveTheLimitTakeThePlaceOfIdleOnesAndElseAreClosed() throws Exception {
    ServingFixture fixture = start(Map.of("connections.most", "2"));
    try (RawHttp2 idle = new RawHttp2(fixture.port()).greet();
        RawHttp2 first = new RawHttp2(fixture.port()).greet()) {
      idle.await(RawHttp2.SETTINGS);
      first.await(RawHttp2.SETTINGS);
      first.headers(1, SCORE);
      first.frame(RawHttp2.PING, 0, 0, new byte[8]);
      first.await(RawHttp2.PING);
      try (RawHttp2 second = new RawHttp2(fixture.port()).greet()) {
        second.await(RawHttp2.SETTINGS);
        assertThatThrownBy(() -> idle.await(RawHttp2.DATA)).isInstanceOf(EOFException.class);
        second.headers(1, SCORE);
        second.frame(RawHttp2.PING, 0, 0, new byte[8]);
        second.await(RawHttp2.PING);
        try (RawHttp2 third = new RawHttp2(fixture.port())) {
          assertThatThrownBy(third::read).isInstanceOf(EOFException.class);
        }
      }
    }
  }

  @Test
  void aClientThatAsksForAHugeHeaderTableGetsTheUsualOne() throws Exception {
    ServingFixture fixture = start(Map.of());
    int headerTableSize = 1;
    try (RawHttp2 client = new RawHttp2(fixture.port()).greet(headerTableSize, Integer.MAX_VALUE)) {
      client.headers(1, "grpc.health.v1.Health/Check");
      client.message(1, new byte[0]);
      byte[] block = client.await(RawHttp2.HEADERS).payload();

      // Of the updates of the table's size that come first, the last one counts: 4096, as HPACK
      // writes it with a prefix of five bits (RFC 7541, 6.3).
      assertThat(HexFormat.of().formatHex(block)).contains("3fe11f");
    }
  }

  @Test
  void openHealthChecksOfOneConnectionAreFewAndShort() throws Exception {
    ServingFixture fixture = start(Map.of());
    String check = "grpc.health.v1.Health/Check";
    try (RawHttp2 client = new RawHttp2(fixture.port()).greet()) {
      for (int stream = 1; stream <= 17; stream += 2) {
        client.headers(stream, check);
      }
      assertThat(ended(fixture)).isEqualTo(check + " RESOURCE_EXHAUSTED");
      for (int i = 0; i < 8; i++) {
        assertThat(ended(fixture)).isEqualTo(check + " DEADLINE_EXCEEDED");
      }
      client.headers(19, check);
      client.message(19, new byte[0]);
      assertThat(ended(fixture)).isEqualTo(check + " OK");
    }
  }

  @Test
  void millionsOfFieldsThatNobodyKnowsAreRefused() throws Exception {
    ServingFixture fixture = start(Map.of());
    byte[] body = new byte[10_000];
    for (int i = 0; i < body.length; i += 2) {
      body[i] = 15 << 3;
    }
    Status status = failure(() -> raw(fixture.channel, SCORE, body, "gzip"));
    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription()).contains("more than 1000 fields");
  }

  @Test
  void anIdleClientThatPingsAsOftenAsItMayKeepsItsConnection() throws Exception {
    ServingFixture fixture = start(Map.of("connections.permittedPing", "1ms"));
    try (RawHttp2 client = new RawHttp2(fixture.port()).greet()) {
      client.await(RawHttp2.SETTINGS);
      for (int i = 0; i < 20; i++) {
        long next = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(2);
        while (System.nanoTime() < next) {
          Thread.onSpinWait();
        }
        client.frame(RawHttp2.PING, 0, 0, new byte[8]);
        client.await(RawHttp2.PING);
      }
    }
  }

  @Test
  void aClientThatPingsTooOftenIsCutOff() throws Exception {
    ServingFixture fixture = start(Map.of("connections.permittedPing", "10s"));
    try (RawHttp2 client = new RawHttp2(fixture.port()).greet()) {
      for (int i = 0; i < 5; i++) {
        client.frame(RawHttp2.PING, 0, 0, new byte[8]);
      }
      assertThat(new String(client.await(RawHttp2.GO_AWAY).payload(), 8, 14, US_ASCII))
          .isEqualTo("too_many_pings");
    }
  }

  @Test
  void connectionsThatAreIdleSilentOrOldAreAskedToGo() throws Exception {
    ServingFixture fixture =
        start(
            Map.of(
                "connections.maxIdle", "1s",
                "connections.handshakeTimeout", "100ms",
                "connections.ageGrace", "100ms"));
    try (RawHttp2 idle = new RawHttp2(fixture.port()).greet();
        RawHttp2 silent = new RawHttp2(fixture.port())) {
      assertThat(new String(idle.await(RawHttp2.GO_AWAY).payload(), 8, 8, US_ASCII))
          .isEqualTo("max_idle");
      assertThatThrownBy(() -> silent.await(RawHttp2.PING)).isInstanceOf(EOFException.class);
    }
  }

  @Test
  void theCallsOfAPeerThatAnswersNoPingAreDropped() throws Exception {
    ServingFixture fixture =
        start(Map.of("connections.pingAfter", "10s", "connections.pingTimeout", "100ms"));
    try (RawHttp2 dead = new RawHttp2(fixture.port()).greet()) {
      dead.headers(1, SCORE);
      assertThat(ended(fixture)).isEqualTo(SCORE + " CANCELLED");
    }
    awaitNothingHeld(fixture);
  }

  @Test
  void peersThatMisbehaveLeaveNothingInTheLog() throws Exception {
    ServingFixture fixture = start(Map.of());
    List<String> logged = new CopyOnWriteArrayList<>();
    Handler listener =
        new Handler() {
          @Override
          public void publish(LogRecord record) {
            logged.add(record.getLoggerName() + ": " + record.getMessage());
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger grpc = Logger.getLogger("io.grpc");
    grpc.addHandler(listener);
    try (RawHttp2 client = new RawHttp2(fixture.port()).greet();
        RawHttp2 rude = new RawHttp2(fixture.port())) {
      rude.frame(71, 69, 0x54202f20, new byte[1000]);
      assertThatThrownBy(() -> rude.await(RawHttp2.PING)).isInstanceOf(EOFException.class);
      client.headers(1, SCORE);
      client.frame(RawHttp2.DATA, 1, 1, new byte[] {0, 0, 0, 0, 9, 1});
      assertThat(ended(fixture)).isEqualTo(SCORE + " INTERNAL");
      client.headers(3, SCORE);
      client.data(3, new byte[] {7});
      client.data(3, new byte[] {0, 0, 0, 0, 9, 1});
      assertThat(ended(fixture)).isEqualTo(SCORE + " INTERNAL");
      client.headers(5, SCORE);
      client.message(5, new byte[] {-1});
      assertThat(ended(fixture)).isEqualTo(SCORE + " INVALID_ARGUMENT");
      client.headers(7, SCORE);
      client.message(7, REQUEST.toByteArray());
      assertThat(ended(fixture)).isEqualTo(SCORE + " OK");
      client.headers(9, UPSERT);
      client.data(9, new byte[] {0, 0, 1, 0, 0, 1, 2, 3});
      awaitHeld(fixture);
      client.kill();
      assertThat(ended(fixture)).isEqualTo(UPSERT + " CANCELLED");
      fixture.close();
    } finally {
      started = null;
      grpc.removeHandler(listener);
    }

    assertThat(logged).isEmpty();
  }

  private static byte[] packedHistory(int entries) {
    byte[] user = new byte[CodedOutputStream.computeTagSize(3) + 5 + entries];
    CodedOutputStream out = CodedOutputStream.newInstance(user);
    try {
      out.writeByteArray(3, new byte[entries]);
      return ScoreRequest.newBuilder()
          .build()
          .toByteString()
          .concat(field(5, ByteString.copyFrom(user, 0, user.length - out.spaceLeft())))
          .toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ByteString field(int number, ByteString value) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.writeBytes(number, value);
    out.flush();
    return ByteString.copyFrom(bytes.toByteArray());
  }

  /// Sends these bytes as a message.
  private static byte[] raw(
      ManagedChannel channel, String method, byte[] body, @Nullable String compression) {
    MethodDescriptor<byte[], byte[]> descriptor =
        MethodDescriptor.newBuilder(new Bytes(), new Bytes())
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(method)
            .build();
    CallOptions options =
        compression == null
            ? CallOptions.DEFAULT
            : CallOptions.DEFAULT.withCompression(compression);
    return ClientCalls.blockingUnaryCall(channel, descriptor, options, body);
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static Status failure(Runnable call) {
    try {
      call.run();
    } catch (StatusRuntimeException e) {
      return e.getStatus();
    }
    throw new AssertionError("was answered");
  }

  private static void assertInvalid(Runnable call, String description) {
    Status status = failure(call);
    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription()).isEqualTo(description);
  }

  /// The next call that ended: its method, and the status that its caller saw.
  private static @Nullable String ended(ServingFixture fixture) {
    try {
      return fixture.ended.poll(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new AssertionError("no call ended", e);
    }
  }

  private static void awaitHeld(ServingFixture fixture) {
    while (fixture.memory.used() <= 8 << 10) {
      requireTime();
    }
  }

  private static void awaitNothingHeld(ServingFixture fixture) {
    while (fixture.memory.used() != 0) {
      requireTime();
    }
  }

  private static void requireTime() {
    if (Thread.interrupted()) {
      throw new AssertionError("what the test waits for does not happen");
    }
    Thread.onSpinWait();
  }
}
