package io.saviorrec.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.saviorrec.contract.StringId;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.DeleteItemsRequest;
import io.saviorrec.proto.v1.GetItemsRequest;
import io.saviorrec.proto.v1.Item;
import io.saviorrec.proto.v1.ItemSummary;
import io.saviorrec.proto.v1.ListItemsRequest;
import io.saviorrec.proto.v1.ListItemsResponse;
import io.saviorrec.proto.v1.Score;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.proto.v1.StatColumn;
import io.saviorrec.proto.v1.UpdateStatsRequest;
import io.saviorrec.proto.v1.UpdateStatsResponse;
import io.saviorrec.proto.v1.UpsertItemsRequest;
import io.saviorrec.proto.v1.UpsertItemsResponse;
import io.saviorrec.proto.v1.UpsertResult;
import io.saviorrec.server.fakes.FakeEngine;
import io.saviorrec.server.fakes.TestBundles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Times, statistics in bulk, deletions, lists and ready embeddings, through a port.
@Timeout(60)
class ItemUpkeepTest {
  private static final long NEW_ITEM = 1000;
  private static final long TRAINED_UNTIL_MILLIS = TestBundles.TRAINED_UNTIL * 1000;

  @TempDir private Path repository;
  private ServingFixture fixture;

  @BeforeEach
  void start() throws IOException {
    fixture = new ServingFixture(repository, Map.of("items.maxStatsBatch", "50"), "saviorrec");
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void launchStatisticsGiveWayToThoseOfALaterModel() {
    Item launched =
        TestBundles.content(4).message().toBuilder()
            .putStats("clicks", 9)
            .setTimeMs(TRAINED_UNTIL_MILLIS - 1)
            .build();
    assertThat(upsert(launched).getError()).isEmpty();
    assertThat(scoredStats(4)).containsExactly(400, 0, 0);

    Item later = launched.toBuilder().setTimeMs(TRAINED_UNTIL_MILLIS + 1).build();
    assertThat(upsert(later).getError()).isEmpty();
    assertThat(scoredStats(4)).containsExactly(0, 9, 0);
  }

  @Test
  void statisticsOfAnItemThatTrainingDidNotKnowCountWheneverTheyWereTrue() {
    upsert(item(NEW_ITEM, "a hat").putStats("clicks", 9).setTimeMs(1).build());

    assertThat(scoredStats(NEW_ITEM)).containsExactly(0, 9, 0);
  }

  @Test
  void anOlderUpsertChangesNothingAndSaysSo() {
    upsert(item(NEW_ITEM, "a hat").setTimeMs(500).build());
    UpsertResult older = upsert(item(NEW_ITEM, "an old hat").setTimeMs(499).build());

    assertThat(older.getError())
        .isEqualTo("time_ms 499 is before 500, when the item was last changed");
    assertThat(title(NEW_ITEM)).isEqualTo("a hat");
  }

  @Test
  void aTimeThatIsNoneIsRefused() {
    assertThat(upsert(item(NEW_ITEM, "a hat").setTimeMs(-1).build()).getError())
        .isEqualTo("time_ms must not be negative, was -1");
    assertThat(upsert(item(NEW_ITEM, "a hat").setTimeMs(Long.MAX_VALUE / 2).build()).getError())
        .startsWith("time_ms " + Long.MAX_VALUE / 2 + " is in the future; it is ");
  }

  @Test
  void anItemWithTwoIdsIsRefusedAlone() {
    UpsertItemsResponse response =
        fixture
            .itemsStub()
            .upsertItems(
                UpsertItemsRequest.newBuilder()
                    .addItems(item(3, "a hat").setItemKey("hat-3"))
                    .addItems(item(0, "a cap").setItemKey("cap-1"))
                    .build());
    assertThat(response.getResults(0).getError())
        .isEqualTo("item_id and item_key are both set; use one of them");
    assertThat(response.getResults(1).getError()).isEmpty();
    assertThat(
            ServingFixture.failure(
                    () ->
                        fixture
                            .itemsStub()
                            .deleteItems(
                                DeleteItemsRequest.newBuilder()
                                    .addItemKeys("cap-1")
                                    .addItemKeys("")
                                    .build()))
                .getDescription())
        .isEqualTo("item_keys[1] is empty");
  }

  @Test
  void itemsMayBeNamedByTexts() {
    long hat = StringId.of("hat-1");
    upsert(item(0, "a hat").setItemKey("hat-1").putStats("clicks", 3).build());
    assertThat(title(hat)).isEqualTo("a hat");
    assertThat(
            fixture
                .itemsStub()
                .updateStats(
                    UpdateStatsRequest.newBuilder()
                        .addItemKeys("hat-1")
                        .addColumns(column("clicks", 8))
                        .build())
                .getUpdated())
        .isEqualTo(1);
    assertThat(scoredStats(hat)).containsExactly(0, 8, 0);
    assertThat(
            ServingFixture.failure(
                    () ->
                        fixture
                            .itemsStub()
                            .deleteItems(
                                DeleteItemsRequest.newBuilder()
                                    .addItemIds(1)
                                    .addItemKeys("hat-1")
                                    .build()))
                .getDescription())
        .isEqualTo("item_ids and item_keys are both set; use one of them");
    assertThat(
            fixture
                .itemsStub()
                .deleteItems(DeleteItemsRequest.newBuilder().addItemKeys("hat-1").build())
                .getDeleted())
        .isEqualTo(1);
    assertThat(
            fixture
                .itemsStub()
                .getItems(GetItemsRequest.newBuilder().addItemKeys("hat-1").build())
                .getItems(0)
                .getSource())
        .isEqualTo(ScoreSource.UNKNOWN_ITEM);
  }

  @Test
  void statisticsInBulkReachKnownItemsAtOnceAndOnlyThose() {
    upsert(item(NEW_ITEM, "a hat").putStats("clicks", 3).build());
    assertThat(scoredStats(NEW_ITEM)).containsExactly(0, 3, 0);
    assertThat(scoredStats(4)).containsExactly(400, 0, 0);
    UpdateStatsResponse response =
        fixture
            .itemsStub()
            .updateStats(
                UpdateStatsRequest.newBuilder()
                    .addAllItemIds(List.of(NEW_ITEM, 4L, 7777L))
                    .addColumns(column("pv", 50, 60, 70))
                    .addColumns(column("clicks", Float.NaN, 6, 7))
                    .build());

    assertThat(response.getUpdated()).isEqualTo(2);
    assertThat(response.getUnknownList()).containsExactly(7777L);
    assertThat(scoredStats(NEW_ITEM)).containsExactly(50, 3, 0);
    assertThat(scoredStats(4)).containsExactly(60, 6, 0);
    assertThat(source(4)).isEqualTo(ScoreSource.TRAINED);
    assertThat(title(4)).isEqualTo(TestBundles.title(4));
    assertThat(fixture.store.items(new long[] {7777})).containsOnlyNulls();
    assertThat(
            fixture.metric("savior_changed_items_total{change=\"statistics\",result=\"stored\"}"))
        .isEqualTo(2);
    upsert(item(NEW_ITEM, "a new title").build());
    assertThat(scoredStats(NEW_ITEM)).as("statistics that stay").containsExactly(50, 3, 0);
  }

  @Test
  void statisticsThatAreOlderThanTheStoredOnesSaySo() {
    upsert(item(NEW_ITEM, "a hat").putStats("clicks", 3).setTimeMs(500).build());
    UpdateStatsResponse response =
        fixture
            .itemsStub()
            .updateStats(
                UpdateStatsRequest.newBuilder()
                    .addItemIds(NEW_ITEM)
                    .addColumns(column("clicks", 1))
                    .setTimeMs(499)
                    .build());

    assertThat(response.getStaleList()).containsExactly(NEW_ITEM);
    assertThat(response.getUpdated()).isZero();
    assertThat(scoredStats(NEW_ITEM)).containsExactly(0, 3, 0);
  }

  @Test
  void refusesStatisticsThatAreNone() {
    assertRefused(stats().build(), "item_ids is empty");
    assertRefused(stats(1).build(), "columns is empty");
    assertRefused(stats(1, 1).addColumns(column("pv", 1, 1)).build(), "item_ids has 1 twice");
    assertRefused(
        stats(1, 2).addColumns(column("pv", 1)).build(), "columns.pv has 1 values for 2 items");
    assertRefused(
        stats(1).addColumns(column("pv", 1)).addColumns(column("pv", 1)).build(),
        "columns has pv twice");
    assertRefused(
        stats(1).addColumns(column("likes", 1)).build(),
        "stats.likes is unknown; the models use [age_days, clicks, pv]");
    assertRefused(
        stats(1).addColumns(column("pv", -1)).build(),
        "stats.pv must be finite and not negative, was -1.0");
    assertRefused(stats(0).addColumns(column("pv", 1)).build(), "item_id is missing");
    long[] tooMany = new long[51];
    assertRefused(
        stats(tooMany).build(), "item_ids has 51 entries; the most is items.maxStatsBatch = 50");
    assertRefused(
        stats(1).addColumns(column("pv", new float[51])).build(),
        "columns.values has 51 entries; the most is items.maxStatsBatch = 50");
  }

  @Test
  void aDeletedItemIsUnknownToEveryModelAtOnceAlsoWhereTrainingKnewIt() {
    upsert(item(NEW_ITEM, "a hat").build());
    assertThat(source(NEW_ITEM)).isEqualTo(ScoreSource.ENCODED);
    assertThat(source(4)).isEqualTo(ScoreSource.TRAINED);
    int deleted =
        fixture
            .itemsStub()
            .deleteItems(
                DeleteItemsRequest.newBuilder().addAllItemIds(List.of(NEW_ITEM, 4L, 7777L)).build())
            .getDeleted();

    assertThat(deleted).isEqualTo(2);
    assertThat(source(NEW_ITEM)).isEqualTo(ScoreSource.UNKNOWN_ITEM);
    assertThat(source(4)).isEqualTo(ScoreSource.UNKNOWN_ITEM);
    assertThat(title(4)).isEmpty();
    assertThat(
            fixture
                .itemsStub()
                .updateStats(stats(4).addColumns(column("pv", 1)).build())
                .getUnknownList())
        .containsExactly(4L);
    assertThat(upsert(TestBundles.content(4).message()).getError()).isEmpty();
    assertThat(source(4)).as("sent again").isEqualTo(ScoreSource.TRAINED);
  }

  @Test
  void anUpsertFromBeforeItsDeletionDoesNotBringAnItemBack() {
    upsert(item(NEW_ITEM, "a hat").build());
    fixture.itemsStub().deleteItems(DeleteItemsRequest.newBuilder().addItemIds(NEW_ITEM).build());
    UpsertResult late = upsert(item(NEW_ITEM, "a hat").setTimeMs(500).build());

    assertThat(late.getError()).startsWith("time_ms 500 is before ").endsWith("last deleted");
    assertThat(source(NEW_ITEM)).isEqualTo(ScoreSource.UNKNOWN_ITEM);
  }

  @Test
  void listsItemsPageByPageWhateverComesBetween() {
    for (long id = 1; id <= 5; id++) {
      upsert(item(NEW_ITEM + id, "item " + id).setCategory("hats").setTimeMs(id).build());
    }
    fixture
        .itemsStub()
        .deleteItems(DeleteItemsRequest.newBuilder().addItemIds(NEW_ITEM + 3).build());
    fixture.itemsStub().updateStats(stats(4).addColumns(column("pv", 1)).build());
    List<ItemSummary> seen = new ArrayList<>();
    ListItemsRequest request = ListItemsRequest.newBuilder().setPageSize(2).build();
    String token;
    do {
      ListItemsResponse page = fixture.itemsStub().listItems(request);
      assertThat(page.getItemsCount()).isLessThanOrEqualTo(2);
      seen.addAll(page.getItemsList());
      token = page.getNextPageToken();
      request = request.toBuilder().setPageToken(token).build();
      upsert(item(NEW_ITEM, "comes too late for its page").build());
    } while (!token.isEmpty());

    assertThat(seen)
        .extracting(ItemSummary::getItemId)
        .containsExactly(NEW_ITEM + 1, NEW_ITEM + 2, NEW_ITEM + 4, NEW_ITEM + 5);
    assertThat(seen.getFirst())
        .isEqualTo(
            ItemSummary.newBuilder()
                .setItemId(NEW_ITEM + 1)
                .setTitle("item 1")
                .setCategory("hats")
                .setTimeMs(1)
                .build());
    ListItemsResponse deleted =
        fixture.itemsStub().listItems(ListItemsRequest.newBuilder().setDeleted(true).build());
    assertThat(deleted.getItemsList())
        .extracting(ItemSummary::getItemId)
        .containsExactly(NEW_ITEM + 3);
  }

  @Test
  void refusesPagesThatAreNone() {
    assertThat(
            ServingFixture.failure(
                () ->
                    fixture
                        .itemsStub()
                        .listItems(ListItemsRequest.newBuilder().setPageSize(1001).build())))
        .satisfies(refusal("page_size must be in [0, 1000], was 1001"));
    assertThat(
            ServingFixture.failure(
                () ->
                    fixture
                        .itemsStub()
                        .listItems(ListItemsRequest.newBuilder().setPageToken("x").build())))
        .satisfies(refusal("page_token \"x\" is no next_page_token of a page"));
  }

  @Test
  void anEmbeddingThatIsReadyIsQuantisedAndNotEncoded() {
    FakeEngine engine = fixture.engine("saviorrec");
    UpsertResult result = upsert(withZ(0, 0, 1, 0).setZVersion(1).build());

    assertThat(result.getError()).isEmpty();
    assertThat(engine.encodes.calls()).isZero();
    assertThat(source(NEW_ITEM)).isEqualTo(ScoreSource.ENCODED);
    FakeEngine.State state = engine.inSlot(engine.lastInput().candidateSlots()[0]);
    assertThat(state.z()).containsExactly(0, 0, 1, 0);
    assertThat(state.codes()).containsExactly(2, 0);
  }

  @Test
  void aPictureThatComesWithAnEmbeddingMustBeReadable() {
    UpsertResult result =
        upsert(
            withZ(0, 0, 1, 0)
                .setZVersion(1)
                .setImage(ByteString.copyFromUtf8("not an image"))
                .build());

    assertThat(result.getError()).startsWith("image: ");
    assertThat(source(NEW_ITEM)).isEqualTo(ScoreSource.UNKNOWN_ITEM);
  }

  @Test
  void otherEncodersReadTheContentOrLeaveTheItemAsItWas() throws IOException {
    fixture.close();
    TestBundles.write(repository, "other", "another encoder");
    // The second version of one model, so that a version says which encoder is meant.
    fixture = new ServingFixture(repository, Map.of(), "saviorrec");
    assertThat(upsert(withZ(0, 0, 1, 0).setTitle("a hat").setZVersion(2).build()).getError())
        .isEmpty();
    assertThat(upsert(withZ(0, 1, 0, 0).setItemId(NEW_ITEM + 1).setZVersion(2).build()).getError())
        .isEmpty();
    assertThat(upsert(withZ(0, 1, 0, 0).setItemId(4).setZVersion(2).build()).getError()).isEmpty();

    assertThat(fixture.engine("saviorrec").encodes.calls()).isZero();
    assertThat(fixture.engine("other").encodes.calls()).isEqualTo(1);
    for (long itemId : new long[] {NEW_ITEM, NEW_ITEM + 1, 4}) {
      assertThat(source(itemId, "saviorrec")).isEqualTo(ScoreSource.ENCODED);
    }
    assertThat(source(NEW_ITEM, "other")).isEqualTo(ScoreSource.ENCODED);
    assertThat(source(NEW_ITEM + 1, "other")).isEqualTo(ScoreSource.UNKNOWN_ITEM);
    assertThat(source(4, "other")).isEqualTo(ScoreSource.TRAINED);
  }

  @Test
  void refusesAVersionThatSeveralEncodersHave() throws IOException {
    fixture.close();
    TestBundles.write(repository.resolve("two"), "other", "another encoder");
    fixture = new ServingFixture(repository.resolve("two"), Map.of(), "saviorrec");

    assertThat(upsert(withZ(0, 0, 1, 0).setZVersion(1).build()).getError())
        .isEqualTo(
            "z_version 1 is of models with different encoders; live are [other/1, saviorrec/1]");
  }

  @Test
  void refusesAnEmbeddingThatIsNone() {
    assertThat(upsert(withZ(0, 0, 1).setZVersion(1).build()).getError())
        .isEqualTo("z has 3 values; those of version 1 have 4");
    assertThat(upsert(withZ(0, 0, 2, 0).setZVersion(1).build()).getError())
        .isEqualTo("z must be finite and of length 1, was of length 2.0");
    assertThat(upsert(withZ(0, 0, Float.NaN, 0).setZVersion(1).build()).getError())
        .isEqualTo("z must be finite and of length 1, was of length NaN");
    assertThat(upsert(withZ(0, 0, 1, 0).setZVersion(9).build()).getError())
        .isEqualTo("z_version 9 is of no live model; live are [saviorrec/1]");
    assertThat(upsert(item(NEW_ITEM, "a hat").setZVersion(1).build()).getError())
        .isEqualTo("z_version is given without z");
  }

  private static Item.Builder withZ(float... z) {
    Item.Builder item = Item.newBuilder().setItemId(NEW_ITEM);
    for (float value : z) {
      item.addZ(value);
    }
    return item;
  }

  private static Item.Builder item(long itemId, String title) {
    return Item.newBuilder().setItemId(itemId).setTitle(title);
  }

  private UpsertResult upsert(Item item) {
    return fixture
        .itemsStub()
        .upsertItems(UpsertItemsRequest.newBuilder().addItems(item).build())
        .getResults(0);
  }

  private static UpdateStatsRequest.Builder stats(long... itemIds) {
    UpdateStatsRequest.Builder request = UpdateStatsRequest.newBuilder();
    for (long itemId : itemIds) {
      request.addItemIds(itemId);
    }
    return request;
  }

  private static StatColumn column(String name, float... values) {
    StatColumn.Builder column = StatColumn.newBuilder().setName(name);
    for (float value : values) {
      column.addValues(value);
    }
    return column.build();
  }

  private void assertRefused(UpdateStatsRequest request, String description) {
    assertThat(ServingFixture.failure(() -> fixture.itemsStub().updateStats(request)))
        .satisfies(refusal(description));
  }

  private static Consumer<Status> refusal(String description) {
    return status -> {
      assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertThat(status.getDescription()).isEqualTo(description);
    };
  }

  private ScoreSource source(long itemId) {
    return source(itemId, "");
  }

  private ScoreSource source(long itemId, String model) {
    return score(itemId, model).getSource();
  }

  private Score score(long itemId, String model) {
    return fixture
        .scoringStub()
        .score(
            ScoreRequest.newBuilder()
                .setModel(model)
                .addCandidates(Candidate.newBuilder().setItemId(itemId))
                .build())
        .getScores(0);
  }

  /// The statistics that an item is scored with.
  private float[] scoredStats(long itemId) {
    score(itemId, "");
    FakeEngine engine = fixture.engine("saviorrec");
    return engine.inSlot(engine.lastInput().candidateSlots()[0]).stats();
  }

  private String title(long itemId) {
    return fixture
        .itemsStub()
        .getItems(GetItemsRequest.newBuilder().addItemIds(itemId).build())
        .getItems(0)
        .getTitle();
  }
}
