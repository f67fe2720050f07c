package io.saviorrec.server.states;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.contract.CandidateHints;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.server.fakes.TestBundles;
import io.saviorrec.server.store.InMemoryItemStore;
import io.saviorrec.server.store.ItemChange;
import io.saviorrec.server.store.ItemStore;
import io.saviorrec.server.store.SentItems;
import io.saviorrec.server.store.StoredItem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a model knows of items that were sent or deleted after training.
///
/// Item i of the bundle has z = (i, 0, 0, 0), the codes (i mod 8, 0) and 100 i page views.
class KnownItemsTest {
  private static final long OTHER_CONTENT = 70;

  @TempDir private Path repository;
  private final SentItems sent = new SentItems(new InMemoryItemStore(), 100);
  private ItemTable table;
  private KnownItems items;

  @BeforeEach
  void open() throws IOException {
    Bundle bundle = TestBundles.write(repository, "m");
    table = bundle.items();
    items = new KnownItems(bundle.manifest(), table, sent);
  }

  @AfterEach
  void close() {
    table.close();
  }

  @Test
  void aTrainedItemStaysKnownUntilAnEncoderHasSeenItsNewContent() {
    sendUnencoded(4);
    KnownBatch known = items.find(new long[] {4});

    assertThat(known.sources()).containsExactly(ScoreSource.TRAINED);
    assertThat(known.items().z()).containsExactly(4, 0, 0, 0);
    assertThat(known.items().codes()).startsWith(4);
    assertThat(known.items().stats()).containsExactly(400, 9, 0);
    assertThat(items.missingRepresentations()).isEqualTo(1);
  }

  @Test
  void aNewItemIsUnknownUntilAnEncoderHasSeenIt() {
    sendUnencoded(1000);

    assertThat(items.find(new long[] {1000}).sources()).containsExactly(ScoreSource.UNKNOWN_ITEM);
    assertThat(items.missingRepresentations()).isEqualTo(1);
  }

  @Test
  void aStatisticThatIsRefreshedMakesNoOtherLookNew() {
    long launch = TimeUnit.SECONDS.toMillis(TestBundles.TRAINED_UNTIL) - 1;
    sent.change(List.of(statistics(4, Map.of("clicks", 9f, "pv", 10f), launch)));
    sent.change(List.of(statistics(4, Map.of("pv", 500f), launch + 2)));

    assertThat(items.find(new long[] {4}).items().stats()).containsExactly(500, 0, 0);
  }

  private static ItemChange statistics(long itemId, Map<String, Float> stats, long timeMillis) {
    return new ItemChange.Statistics(itemId, new TreeMap<>(stats), true, timeMillis);
  }

  @Test
  void statisticsOfADeletedItemDoNotComeBackWithARequestThatDescribesIt() {
    sent.change(List.of(new ItemChange.Deletion(4)));
    float[] stats = new float[3];
    Arrays.fill(stats, Float.NaN);
    stats[1] = 7;
    KnownBatch known =
        items.find(hinted(4, new ItemHint(new int[] {3, 0}, CandidateHints.NO_CATEGORY, stats)));

    assertThat(known.sources()).containsExactly(ScoreSource.SHARED_CODES);
    assertThat(known.items().stats()).containsExactly(0, 7, 0);
  }

  @Test
  void requestsThatDescribeAnItemAlikeGetOneMeanAndTheirOwnStatistics() {
    KnownBatch first =
        items.find(
            hinted(
                1000,
                new ItemHint(new int[] {3, 0}, CandidateHints.NO_CATEGORY, new float[] {1, 2, 3})));
    first.items().z()[0] = -1;
    KnownBatch second =
        items.find(
            hinted(
                1001,
                new ItemHint(
                    new int[] {3, 0}, CandidateHints.NO_CATEGORY, new float[] {4, Float.NaN, 6})));

    assertThat(second.sources()).containsExactly(ScoreSource.SHARED_CODES);
    // Items 3, 11, 19, 27 and 35 have these codes.
    assertThat(second.items().z()).containsExactly(19, 0, 0, 0);
    assertThat(second.items().codes()).containsExactly(3, 0);
    assertThat(second.items().stats()).containsExactly(4, 0, 6);
  }

  private static ItemKeys hinted(long itemId, ItemHint hint) {
    return new ItemKeys(new long[] {itemId}, new @Nullable ItemHint[] {hint});
  }

  /// With content that nothing has encoded, as before the backlog comes to it.
  private void sendUnencoded(long itemId) {
    StoredItem item =
        new StoredItem(
            itemId,
            StoredItem.UNSTORED,
            OTHER_CONTENT,
            "another title",
            "",
            "",
            new TreeMap<>(Map.of("clicks", 9f)),
            new TreeMap<>());
    sent.change(List.of(new ItemStore.Entry(item, new byte[0], Map.of())));
  }
}
