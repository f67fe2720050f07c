package io.saviorrec.server.grpc;

import static io.saviorrec.server.grpc.ServingFixture.failure;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.GetItemsRequest;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreResponse;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.proto.v1.UpsertItemsResponse;
import io.saviorrec.proto.v1.User;
import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.fakes.Http2Peer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What messages may be, through a real port: malformed, huge, compressed, or full of elements.
class MessageLimitsTest extends PortTest {
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
    fixture.awaitNothingHeld();
  }

  @Test
  void aMessageThatIsNoGzipThoughItSaysSoIsInvalid() throws IOException {
    ServingFixture fixture = start(Map.of());
    try (Http2Peer client = Http2Peer.greet(fixture.port())) {
      client.call(1, SCORE, Map.of("grpc-encoding", "gzip"));
      client.frame(Http2Peer.DATA, 1, 1, new byte[] {1, 0, 0, 0, 2, 7, 7});
      assertThat(fixture.ended()).isEqualTo(SCORE + " INVALID_ARGUMENT");
      client.call(3, SCORE, Map.of("grpc-encoding", "x".repeat(100)));
      client.message(3, REQUEST.toByteArray(), true);
      assertThat(fixture.ended()).isEqualTo(SCORE + " UNIMPLEMENTED");
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
        () ->
            fixture
                .scoringStub()
                .score(ScoreRequest.newBuilder().addAllCandidateIds(ids.getItemIdsList()).build()),
        "candidate_ids has 13 entries; the most is scoring.maxCandidates = 12");
    assertInvalid(
        () ->
            fixture
                .scoringStub()
                .score(
                    ScoreRequest.newBuilder()
                        .addAllCandidatePctrBase(Collections.nCopies(13, 0f))
                        .build()),
        "candidate_pctr_base has 13 entries; the most is scoring.maxCandidates = 12");
    assertInvalid(
        () -> fixture.itemsStub().getItems(ids.build()),
        "item_ids has 13 entries; the most is scoring.maxCandidates = 12");
    assertInvalid(
        () -> fixture.itemsStub().upsertItems(items.build()),
        "items has 13 entries; the most is items.maxUpsertBatch = 6");
    assertInvalid(
        () -> raw(fixture.channel, SCORE, packedHistory(7), null),
        "user.history has 7 entries; the most is limits.history = 5");
    User taste = User.newBuilder().addAllTaste(Collections.nCopies(4097, 0f)).build();
    assertInvalid(
        () -> fixture.scoringStub().score(REQUEST.toBuilder().setUser(taste).build()),
        "user.taste has 4097 entries; the most is that of any model = 4096");
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
        "context, flags and user.profile has 4 entries; the most is limits.mapEntries = 3");
    assertInvalid(
        () ->
            fixture
                .itemsStub()
                .upsertItems(UpsertItemsRequest.newBuilder().addItems(features).build()),
        "stats and features has 4 entries; the most is limits.mapEntries = 3");
    assertInvalid(
        () -> fixture.scoringStub().score(REQUEST.toBuilder().setRequestId("0123456789").build()),
        "request_id has 10 bytes; the most is limits.requestIdChars = 9");
    fixture.awaitNothingHeld();
  }

  @Test
  void aCandidateIsLookedIntoHoweverShortItIs() throws IOException {
    ServingFixture fixture = start(Map.of("limits.mapEntries", "3"));
    Candidate codes = Candidate.newBuilder().addAllCodes(Collections.nCopies(17, 1)).build();
    byte[] fourEmptyStatistics = {0x3a, 8, 0x1a, 0, 0x1a, 0, 0x1a, 0, 0x1a, 0};

    assertInvalid(
        () -> fixture.scoringStub().score(ScoreRequest.newBuilder().addCandidates(codes).build()),
        "codes of a candidate has 17 entries; the most is that of any model = 16");
    assertInvalid(
        () -> raw(fixture.channel, SCORE, fourEmptyStatistics, null),
        "stats of a candidate has 4 entries; the most is limits.mapEntries = 3");
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
    try (Http2Peer client = Http2Peer.greet(fixture.port())) {
      client.call(1, SCORE, Map.of());
      client.frame(Http2Peer.DATA, 1, 1, new byte[0]);
      assertThat(fixture.ended()).isEqualTo(SCORE + " INVALID_ARGUMENT");
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
    assertThat(fixture.ended()).isEqualTo("unknown UNIMPLEMENTED");
  }

  @Test
  void errorsRepeatLittleOfWhatWasSent() throws IOException {
    ServingFixture fixture = start(Map.of());
    String tooLong = "x".repeat(100_000);
    ScoreRequest model = REQUEST.toBuilder().setModel(tooLong).build();
    ScoreRequest bucket = REQUEST.toBuilder().setBucket(tooLong + "\n").build();
    ScoreRequest text =
        REQUEST.toBuilder()
            .setStrict(true)
            .putContext(tooLong, FeatureValue.getDefaultInstance())
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
  void millionsOfFieldsThatAreNotRepeatedAreRefused() throws Exception {
    ServingFixture fixture = start(Map.of());
    byte[] body = new byte[10_000];
    // No field of that number; a user; a request id.
    for (int field : new int[] {15 << 3, 5 << 3 | 2, 1 << 3 | 2}) {
      for (int i = 0; i < body.length; i += 2) {
        body[i] = (byte) field;
      }
      assertInvalid(
          () -> raw(fixture.channel, SCORE, body, "gzip"),
          "a message has more than 1000 fields that are not repeated");
    }
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

  private static void assertInvalid(Runnable call, String description) {
    Status status = failure(call);
    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription()).isEqualTo(description);
  }
}
