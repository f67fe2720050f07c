package io.saviorrec.server.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.server.store.ItemStore.Changes;
import io.saviorrec.server.store.ItemStore.RepresentationId;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/// What every item store must do, whatever it is made of.
@ParameterizedClass
@EnumSource
class ItemStoreContractTest {
  enum Kind {
    ROCKS_DB,
    IN_MEMORY;

    ItemStore open(Path directory) {
      return switch (this) {
        case ROCKS_DB -> RocksItemStore.open(directory, 0);
        case IN_MEMORY -> new InMemoryItemStore();
      };
    }
  }

  private static final EncoderKey KEY = new EncoderKey("e1", "r1");
  private static final EncoderKey OTHER_KEY = new EncoderKey("e2", "r1");

  private final Kind kind;
  @TempDir private Path directory;
  private ItemStore store;

  ItemStoreContractTest(Kind kind) {
    this.kind = kind;
  }

  @BeforeEach
  void open() {
    store = kind.open(directory);
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void givesBackWhatWasStoredInTheOrderOfTheQuestion() {
    store.put(List.of(entry(7, 70, "a hat", KEY), entry(-7, 71, "", OTHER_KEY)));

    assertThat(store.items(new long[] {-7, 8, 7, -7}))
        .extracting(item -> item == null ? null : item.withVersion(0))
        .containsExactly(item(-7, 71, ""), null, item(7, 70, "a hat"), item(-7, 71, ""));
    assertThat(store.items(new long[0])).isEmpty();
    assertThat(store.image(7)).containsExactly(1, 2, 3);
    assertThat(store.image(8)).isEmpty();
    List<@Nullable ItemRepresentation> found =
        store.representations(
            List.of(
                new RepresentationId(7, 70, OTHER_KEY),
                new RepresentationId(7, 70, KEY),
                new RepresentationId(7, 99, KEY)));
    assertThat(found).hasSize(3);
    assertThat(found.get(0)).isNull();
    ItemRepresentation stored = Objects.requireNonNull(found.get(1));
    assertThat(stored.z()).containsExactly(0.5f, Float.MIN_VALUE, -7);
    assertThat(stored.codes()).containsExactly(3, 0);
    assertThat(found.get(2)).isNull();
  }

  @Test
  void newContentDropsTheRepresentationsOfTheOld() {
    store.put(List.of(entry(7, 70, "a hat", KEY), entry(8, 80, "untouched", KEY)));
    store.put(List.of(entry(7, 72, "a scarf", OTHER_KEY)));

    assertThat(
            store.representations(
                List.of(
                    new RepresentationId(7, 70, KEY),
                    new RepresentationId(7, 72, OTHER_KEY),
                    new RepresentationId(8, 80, KEY))))
        .extracting(Objects::nonNull)
        .containsExactly(false, true, true);
  }

  @Test
  void everyPutGivesAVersionAboveAllBefore() {
    store.put(List.of(entry(1, 1, "one", KEY), entry(2, 2, "two", KEY)));
    store.put(List.of(entry(1, 1, "one", KEY)));
    StoredItem one = Objects.requireNonNull(store.items(new long[] {1}).getFirst());
    StoredItem two = Objects.requireNonNull(store.items(new long[] {2}).getFirst());

    assertThat(two.version()).isPositive();
    assertThat(one.version()).isGreaterThan(two.version());
  }

  @Test
  void theFeedHasEachChangedItemOnceInTheOrderOfItsNewestVersion() {
    store.put(List.of(entry(1, 1, "one", KEY), entry(2, 2, "two", KEY), entry(3, 3, "x", KEY)));
    store.put(List.of(entry(1, 1, "one again", KEY)));

    assertThat(store.changesSince(0, 10).itemIds()).containsExactly(2L, 3L, 1L);
  }

  @Test
  void theFeedComesInStretchesThatCoverItAll() {
    for (long id = 1; id <= 5; id++) {
      store.put(List.of(entry(id, id, "x", KEY)));
    }
    Changes first = store.changesSince(0, 2);
    Changes second = store.changesSince(first.version(), 2);
    Changes third = store.changesSince(second.version(), 2);
    Changes last = store.changesSince(third.version(), 2);

    assertThat(first.itemIds()).containsExactly(1L, 2L);
    assertThat(second.itemIds()).containsExactly(3L, 4L);
    assertThat(third.itemIds()).containsExactly(5L);
    assertThat(last).isEqualTo(new Changes(List.of(), third.version()));
  }

  @Test
  void visitsEveryItem() {
    store.put(List.of(entry(1, 1, "one", KEY), entry(2, 2, "two", KEY)));
    List<String> titles = new ArrayList<>();
    store.forEach(item -> titles.add(item.title()));

    assertThat(titles).containsExactly("one", "two");
  }

  static StoredItem item(long itemId, long hash, String title) {
    return new StoredItem(
        itemId,
        StoredItem.UNSTORED,
        hash,
        title,
        "hats",
        "warm",
        new TreeMap<>(Map.of("pv", 3.5f, "clicks", 1f)),
        new TreeMap<>(Map.of("brand", FeatureValue.newBuilder().setText("acme").build())));
  }

  static ItemStore.Entry entry(long itemId, long hash, String title, EncoderKey key) {
    return new ItemStore.Entry(
        item(itemId, hash, title),
        new byte[] {1, 2, 3},
        Map.of(
            key,
            new ItemRepresentation(
                new float[] {0.5f, Float.MIN_VALUE, itemId * -1f}, new int[] {3, 0})));
  }
}
