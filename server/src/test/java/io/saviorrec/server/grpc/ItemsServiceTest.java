package io.saviorrec.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.saviorrec.feature.ItemColumns;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.GetItemsRequest;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemInfo;
import io.saviorrec.proto.v1.ItemsGrpc;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.proto.v1.UpsertItemsResponse;
import io.saviorrec.proto.v1.UpsertResult;
import io.saviorrec.proto.v1.User;
import io.saviorrec.server.config.TestConfigs;
import io.saviorrec.server.fakes.FakeEngine;
import io.saviorrec.server.fakes.TestBundles;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ItemsServiceTest {
  private static final long NEW_ITEM = 1000;

  @TempDir private Path repository;
  private ServingFixture fixture;
  private FakeEngine engine;

  @BeforeEach
  void start() throws IOException {
    // Both models share their encoder, so only the first one's engine encodes.
    fixture = new ServingFixture(repository, Map.of(), "a", "saviorrec");
    engine = fixture.engine("a");
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void aNewItemIsScorableByEveryModelOnceItIsAcknowledged() throws IOException {
    assertThat(score("saviorrec", NEW_ITEM).getSource()).isEqualTo(ScoreSource.UNKNOWN_ITEM);

    UpsertResult result =
        upsert(item(NEW_ITEM, "a hat").setImage(png()).putStats("clicks", 3)).getResults(0);

    assertThat(result.getError()).isEmpty();
    assertThat(result.getUnchanged()).isFalse();
    for (String model : List.of("a", "saviorrec")) {
      Score score = score(model, NEW_ITEM);
      assertThat(score.getSource()).isEqualTo(ScoreSource.ENCODED);
      assertThat(score.getPctr()).isEqualTo(FakeEngine.scoreOf(NEW_ITEM));
      FakeEngine used = fixture.engine(model);
      FakeEngine.State state = used.inSlot(used.lastInput().candidateSlots()[0]);
      assertThat(state.stats()).containsExactly(0, 3, 0);
      assertThat(state.z()[0]).isEqualTo("a hat".hashCode());
      assertThat(state.z()[1]).isNotEqualTo(-1);
    }
    assertThat(fixture.engine("saviorrec").encodes.calls()).isZero();
    assertThat(fixture.metric("savior_upsert_items_total{result=\"encoded\"}")).isEqualTo(1);
    assertThat(fixture.metric("savior_encode_seconds_count")).isEqualTo(1);
  }

  @Test
  void theFirstScoreOfAnAcknowledgedItemFindsItsStateInTheTableOfEveryModel() {
    // It is known without its state too, so its old one must go.
    score("saviorrec", NEW_ITEM);
    upsert(item(NEW_ITEM, "a hat"), item(NEW_ITEM + 1, "a scarf"));

    for (String model : List.of("a", "saviorrec")) {
      FakeEngine used = fixture.engine(model);
      used.puts.fail(new IllegalStateException("states are computed with the upsert"));
      assertThat(score(model, NEW_ITEM).getSource()).isEqualTo(ScoreSource.ENCODED);
      assertThat(score(model, NEW_ITEM + 1).getSource()).isEqualTo(ScoreSource.ENCODED);
    }
  }

  @Test
  void anItemWhoseStateCannotBeComputedIsStoredAndAcknowledged() {
    engine.puts.fail(new IllegalStateException("no memory"));
    assertThat(upsert(item(NEW_ITEM, "a hat")).getResults(0).getError()).isEmpty();

    engine.puts.fail(null);
    assertThat(score("a", NEW_ITEM).getSource()).isEqualTo(ScoreSource.ENCODED);
  }

  @Test
  void upsertsAndLookUpsCountTooAndRefusedOnes() {
    upsert(item(NEW_ITEM, "a hat"));
    assertThatThrownBy(
            () -> fixture.itemsStub().upsertItems(UpsertItemsRequest.getDefaultInstance()))
        .isInstanceOf(StatusRuntimeException.class);
    fixture.itemsStub().getItems(GetItemsRequest.newBuilder().addItemIds(1).build());

    awaitCalls("UpsertItems", "OK", 1);
    awaitCalls("UpsertItems", "INVALID_ARGUMENT", 1);
    awaitCalls("GetItems", "OK", 1);
  }

  /// A call counts when its caller has got everything, which is a moment after the caller has it.
  private void awaitCalls(String method, String status, int count) {
    String meter =
        "savior_call_seconds_count{method=\"saviorrec.v1.Items/%s\",status=\"%s\"}"
            .formatted(method, status);
    while (fixture.metric(meter) != count) {
      if (Thread.interrupted()) {
        throw new AssertionError("not counted: " + meter);
      }
      Thread.onSpinWait();
    }
  }

  @Test
  void aNewItemCountsInHistories() {
    upsert(item(NEW_ITEM, "a hat"));
    var response =
        fixture
            .scoringStub()
            .score(
                ScoreRequest.newBuilder()
                    .setUser(User.newBuilder().addHistory(NEW_ITEM).addHistory(2000))
                    .addCandidates(Candidate.newBuilder().setItemId(1))
                    .build());

    assertThat(response.getUnknownHistoryItems()).isEqualTo(1);
    assertThat(fixture.engine("saviorrec").lastUser().added()).hasSize(1);
  }

  @Test
  void badItemsAreToldWhyAndCostTheGoodOnesNothing() {
    UpsertItemsResponse response =
        upsert(
            item(2001, "good"),
            item(0, "no id"),
            item(2002, "  "),
            item(2003, "bad image").setImage(ByteString.copyFromUtf8("not an image")),
            item(2004, "bad stats").putStats("clicks", -1),
            item(2005, "also good"));
    UpsertItemsResponse more =
        upsert(
            item(2006, "nan").putStats("pv", Double.NaN),
            item(2007, "unknown").putStats("likes", 1),
            item(2008, "x".repeat(101)),
            item(2009, "large").setImage(ByteString.copyFrom(new byte[50_001])),
            item(2001, "good"),
            item(2001, "good again"));

    assertThat(errors(response).get(0)).isEmpty();
    assertThat(errors(response).get(1)).isEqualTo("item_id is missing");
    assertThat(errors(response).get(2))
        .isEqualTo("title and image are both empty; the item needs one of them");
    assertThat(errors(response).get(3)).startsWith("image: ");
    assertThat(errors(response).get(4))
        .isEqualTo("stats.clicks must be finite and not negative, was -1.0");
    assertThat(errors(response).get(5)).isEmpty();
    assertThat(errors(more))
        .containsExactly(
            "stats.pv must be finite and not negative, was NaN",
            "stats.likes is unknown; the models use [age_days, clicks, pv]",
            "title has 101 characters; the most is items.maxTextChars = 100",
            "image has 50001 bytes; the most is items.maxImageBytes = 50000",
            "",
            "item_id 2001 appears twice in the request");
    assertThat(score("a", 2001).getSource()).isEqualTo(ScoreSource.ENCODED);
    assertThat(score("a", 2005).getSource()).isEqualTo(ScoreSource.ENCODED);
    assertThat(score("a", 2003).getSource()).isEqualTo(ScoreSource.UNKNOWN_ITEM);
    assertThat(fixture.metric("savior_upsert_items_total{result=\"rejected\"}")).isEqualTo(9);
  }

  @Test
  void theSameContentAgainIsNotEncodedButItsStatisticsCount() {
    upsert(item(NEW_ITEM, "a hat"));
    score("a", NEW_ITEM);
    UpsertResult again = upsert(item(NEW_ITEM, "a hat").putStats("pv", 8)).getResults(0);

    assertThat(again.getUnchanged()).isTrue();
    assertThat(engine.encodes.calls()).isEqualTo(1);
    score("a", NEW_ITEM);
    assertThat(engine.inSlot(engine.lastInput().candidateSlots()[0]).stats())
        .containsExactly(8, 0, 0);
  }

  @Test
  void theCategoryOfASentItemReachesItsStateAndAFeatureOfThatNameWins() {
    long hats = row("hats");
    long shoes = row("shoes");
    assertThat(hats).isNotEqualTo(shoes).isPositive();

    upsert(item(NEW_ITEM, "a hat").setCategory("hats"));
    assertThat(featuresOf(NEW_ITEM)).containsExactly(hats);
    upsert(item(NEW_ITEM, "a hat").setCategory("hats").putFeatures("category", text("shoes")));
    assertThat(featuresOf(NEW_ITEM)).containsExactly(shoes);
    upsert(item(NEW_ITEM, "a hat"));
    assertThat(featuresOf(NEW_ITEM)).containsExactly(0);
  }

  @Test
  void aFeatureThatNoModelKnowsOrThatItsColumnCannotHoldIsRefused() {
    UpsertItemsResponse response =
        upsert(
            item(NEW_ITEM, "a hat").putFeatures("brand", text("acme")),
            item(NEW_ITEM + 1, "a hat")
                .putFeatures("category", FeatureValue.newBuilder().setNumber(0.5).build()),
            item(NEW_ITEM + 2, "a hat").putFeatures("category", text("x".repeat(101))));
    assertThat(errors(response))
        .containsExactly(
            "features [brand] are columns of no model; the models have [category]",
            "features: Column 'category' holds names but the value was the number 0.5; send it as"
                + " text",
            "features.category has 101 characters; the most is items.maxTextChars = 100");
  }

  private static FeatureValue text(String text) {
    return FeatureValue.newBuilder().setText(text).build();
  }

  private static long row(String category) {
    ItemColumns columns = new ItemColumns(TestBundles.schema().item());
    return columns.encode(category, Map.of(), columns.missing())[0];
  }

  private long[] featuresOf(long itemId) {
    score("a", itemId);
    return engine.inSlot(engine.lastInput().candidateSlots()[0]).features();
  }

  @Test
  void aTrainedItemStaysTrainedWithItsContentAndIsEncodedWithOther() {
    UpsertResult same = upsert(item(5, TestBundles.title(5))).getResults(0);

    assertThat(same.getUnchanged()).isTrue();
    assertThat(score("a", 5).getSource()).isEqualTo(ScoreSource.TRAINED);
    assertThat(engine.encodes.calls()).isZero();

    upsert(item(5, "another title"));
    assertThat(score("a", 5).getSource()).isEqualTo(ScoreSource.ENCODED);
    assertThat(engine.encodes.calls()).isEqualTo(1);
    assertThat(engine.inSlot(engine.lastInput().candidateSlots()[0]).stats())
        .containsExactly(500, 0, 0);
  }

  @Test
  void refusesRequestsWithNoOrTooManyItems() {
    assertStatus(() -> upsert(new Item.Builder[0]), Status.Code.INVALID_ARGUMENT, "items is empty");
    Item.Builder[] many = new Item.Builder[7];
    java.util.Arrays.fill(many, item(1, "x"));
    assertStatus(
        () -> upsert(many),
        Status.Code.INVALID_ARGUMENT,
        "items has 7 entries; the most is items.maxUpsertBatch = 6");
  }

  @Test
  void anItemThatTheEncoderFailsOnIsNotStored() {
    engine.encodes.fail(new IllegalStateException("out of memory"));
    UpsertResult result = upsert(item(NEW_ITEM, "a hat")).getResults(0);
    engine.encodes.fail(null);

    assertThat(result.getError()).isEqualTo("the encoder failed: out of memory");
    assertThat(score("a", NEW_ITEM).getSource()).isEqualTo(ScoreSource.UNKNOWN_ITEM);
    assertThat(upsert(item(NEW_ITEM, "a hat")).getResults(0).getError()).isEmpty();
  }

  @Test
  void aFailingStoreIsUnavailableAndAcknowledgesNothing() {
    fixture.store.failWrites();

    assertStatus(
        () -> upsert(item(NEW_ITEM, "a hat")),
        Status.Code.UNAVAILABLE,
        "cannot write the item store: its disk gives errors");
  }

  @Test
  void aFullDiskIsSaidBeforeAnythingIsEncodedAndIsOverOnceThereIsRoom() {
    fixture.store.full(true);
    assertStatus(
        () -> upsert(item(NEW_ITEM, "a hat")),
        Status.Code.RESOURCE_EXHAUSTED,
        "the item store's disk is full; nothing is stored until there is room");
    assertThat(engine.encodes.calls()).isZero();
    assertThat(score("a", NEW_ITEM).getSource()).isEqualTo(ScoreSource.UNKNOWN_ITEM);

    fixture.store.full(false);
    assertThat(upsert(item(NEW_ITEM, "a hat")).getResults(0).getError()).isEmpty();
    assertThat(score("a", NEW_ITEM).getSource()).isEqualTo(ScoreSource.ENCODED);
  }

  @Test
  void aLargeUpsertTakesTurnsWithASmallOne() throws Exception {
    engine.encodes.hold();
    ItemsGrpc.ItemsFutureStub stub = ItemsGrpc.newFutureStub(fixture.channel);
    Item.Builder[] six = new Item.Builder[6];
    for (int i = 0; i < six.length; i++) {
      six[i] = item(4000 + i, "x");
    }
    ListenableFuture<UpsertItemsResponse> large = stub.upsertItems(request(six));
    engine.encodes.awaitEntered();
    ListenableFuture<UpsertItemsResponse> small = stub.upsertItems(request(item(5000, "x")));
    while (fixture.encodingLane().queued() != 1) {
      assertThat(Thread.interrupted()).as("the test's time is over").isFalse();
    }
    engine.encodes.open();
    small.get(20, TimeUnit.SECONDS);
    large.get(20, TimeUnit.SECONDS);

    // Two items make a turn.
    assertThat(fixture.store.changesSince(0, 100).itemIds())
        .containsExactly(4000L, 4001L, 5000L, 4002L, 4003L, 4004L, 4005L);
  }

  @Test
  void aPictureOfTwelveMillionRowsCostsTheOthersNothing() throws IOException {
    UpsertItemsResponse response =
        upsert(
            item(6001, "good"),
            item(6002, "bad").setImage(header(1, 12_000_000)),
            item(6003, "also good"));

    assertThat(errors(response))
        .containsExactly(
            "",
            "image: The image has 1 × 12000000 pixels, more than the limit of 16384 a side; send a"
                + " smaller one",
            "");
    assertThat(score("a", 6003).getSource()).isEqualTo(ScoreSource.ENCODED);
  }

  /// Each of them takes a good part of a second.
  @Test
  void picturesOfACallWhoseDeadlinePassedAreLeftUndecoded() throws IOException {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(4000, 4000, BufferedImage.TYPE_BYTE_GRAY), "png", file);
    ByteString slow = ByteString.copyFrom(file.toByteArray());
    Item.Builder[] six = new Item.Builder[6];
    for (int i = 0; i < six.length; i++) {
      six[i] = item(7000 + i, "x").setImage(slow);
    }
    try {
      throw new AssertionError(
          fixture
              .itemsStub()
              .withDeadlineAfter(40, TimeUnit.MILLISECONDS)
              .upsertItems(request(six)));
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    }
    while (fixture.encodingLane().queued() + fixture.encodingLane().running() > 0) {
      assertThat(Thread.interrupted()).as("the test's time is over").isFalse();
    }
    assertThat(engine.encodes.calls()).isZero();
    assertThat(fixture.store.changesSince(0, 10).itemIds()).isEmpty();
    assertThat(upsert(item(NEW_ITEM, "a hat")).getResults(0).getError()).isEmpty();
  }

  /// A PNG file that says it has this size.
  private static ByteString header(int width, int height) throws IOException {
    byte[] file = png().toByteArray();
    // The header's chunk: length 4, type 4, then width and height; its checksum follows the data.
    ByteBuffer.wrap(file).putInt(16, width).putInt(20, height);
    CRC32 crc = new CRC32();
    crc.update(file, 12, 17);
    ByteBuffer.wrap(file).putInt(29, (int) crc.getValue());
    return ByteString.copyFrom(file);
  }

  @Test
  void encodingDoesNotHoldUpScoringAndItsQueueIsBounded() throws Exception {
    engine.encodes.hold();
    ItemsGrpc.ItemsFutureStub stub = ItemsGrpc.newFutureStub(fixture.channel);
    ListenableFuture<UpsertItemsResponse> running = stub.upsertItems(request(item(3001, "x")));
    engine.encodes.awaitEntered();
    assertThat(score("a", 1).getSource()).isEqualTo(ScoreSource.TRAINED);

    ListenableFuture<UpsertItemsResponse> waiting = stub.upsertItems(request(item(3002, "x")));
    while (fixture.encodingLane().queued() != 1) {
      assertThat(Thread.interrupted()).as("the test's time is over").isFalse();
    }
    assertStatus(
        () -> upsert(item(3003, "x")),
        Status.Code.RESOURCE_EXHAUSTED,
        "the encoding queue is full: 1 requests wait already");
    engine.encodes.open();
    assertThat(running.get(20, TimeUnit.SECONDS).getResults(0).getError()).isEmpty();
    assertThat(waiting.get(20, TimeUnit.SECONDS).getResults(0).getError()).isEmpty();
  }

  @Test
  void saysWhatItKnowsOfItems() {
    upsert(item(NEW_ITEM, "a hat"));
    List<ItemInfo> items =
        fixture
            .itemsStub()
            .getItems(
                GetItemsRequest.newBuilder()
                    .addItemIds(3)
                    .addItemIds(4444)
                    .addItemIds(NEW_ITEM)
                    .build())
            .getItemsList();

    assertThat(items)
        .extracting(ItemInfo::getSource)
        .containsExactly(ScoreSource.TRAINED, ScoreSource.UNKNOWN_ITEM, ScoreSource.ENCODED);
    assertThat(items)
        .extracting(ItemInfo::getTitle)
        .containsExactly(TestBundles.title(3), "", "a hat");
    assertThat(items.get(0).getCodesList()).containsExactly(3, 0);
    assertThat(items.get(0).getAlignmentRatio()).isEqualTo(0.25f);
    assertThat(items.get(1).getCodesList()).isEmpty();
    assertThat(items.get(2).getCodesList())
        .containsExactly(Math.floorMod("a hat".hashCode(), FakeEngine.CODES), 0);
  }

  @Test
  void refusesLookupsOfTooManyItemsOrByUnknownModels() {
    assertStatus(
        () -> fixture.itemsStub().getItems(GetItemsRequest.newBuilder().setModel("nope").build()),
        Status.Code.NOT_FOUND,
        "no model \"nope\"; available are [a/1, saviorrec/1]");
    GetItemsRequest.Builder many = GetItemsRequest.newBuilder();
    for (int i = 0; i <= TestConfigs.MAX_CANDIDATES; i++) {
      many.addItemIds(i);
    }
    assertStatus(
        () -> fixture.itemsStub().getItems(many.build()),
        Status.Code.INVALID_ARGUMENT,
        "item_ids has 13 entries; the most is scoring.maxCandidates = 12");
  }

  private UpsertItemsResponse upsert(Item.Builder... items) {
    return fixture.itemsStub().upsertItems(request(items));
  }

  private static UpsertItemsRequest request(Item.Builder... items) {
    UpsertItemsRequest.Builder request = UpsertItemsRequest.newBuilder();
    for (Item.Builder item : items) {
      request.addItems(item);
    }
    return request.build();
  }

  private Score score(String model, long itemId) {
    return fixture
        .scoringStub()
        .score(
            ScoreRequest.newBuilder()
                .setModel(model)
                .addCandidates(Candidate.newBuilder().setItemId(itemId))
                .build())
        .getScores(0);
  }

  private static void assertStatus(Supplier<?> action, Status.Code code, String description) {
    try {
      throw new AssertionError("was answered with " + action.get());
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getCode()).isEqualTo(code);
      assertThat(e.getStatus().getDescription()).isEqualTo(description);
    }
  }

  private static List<String> errors(UpsertItemsResponse response) {
    return response.getResultsList().stream().map(UpsertResult::getError).toList();
  }

  private static Item.Builder item(long itemId, String title) {
    return Item.newBuilder().setItemId(itemId).setTitle(title);
  }

  private static ByteString png() throws IOException {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(9, 7, BufferedImage.TYPE_INT_RGB), "png", file);
    return ByteString.copyFrom(file.toByteArray());
  }
}
