package io.saviorrec.server.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.server.fakes.RedisContainer;
import io.saviorrec.server.fakes.RedisProcess;
import io.saviorrec.server.store.ItemChange.Deletion;
import io.saviorrec.server.store.ItemChange.Outcome;
import io.saviorrec.server.store.ItemChange.Result;
import io.saviorrec.server.store.ItemChange.Statistics;
import io.saviorrec.server.store.ItemStore.Changes;
import io.saviorrec.server.store.ItemStore.RepresentationId;
import io.saviorrec.server.store.StoredItem.Times;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.Jedis;

/// What every item store must do, whatever it is made of.
@ParameterizedClass
@EnumSource
class ItemStoreContractTest {
  enum Kind {
    ROCKS_DB,
    REDIS,
    REDIS_7,
    IN_MEMORY;

    ItemStore open(Path directory) {
      return switch (this) {
        case ROCKS_DB -> RocksItemStore.open(directory, 0, CLOCK, 0);
        case REDIS -> shared(emptied(redis().port()), directory);
        case REDIS_7 -> shared(emptied(redis7().port()), directory);
        case IN_MEMORY -> new InMemoryItemStore(CLOCK);
      };
    }

    private static ItemStore shared(int port, Path directory) {
      return RedisItemStore.open(
          RedisItemStoreTest.address(port, 0), RocksItemStore.open(directory, 0, CLOCK, 0), CLOCK);
    }
  }

  private static final long NOW = 1_000_000;
  private static final InstantSource CLOCK = InstantSource.fixed(Instant.ofEpochMilli(NOW));

  private static final EncoderKey KEY = new EncoderKey("e1", "r1");
  private static final EncoderKey OTHER_KEY = new EncoderKey("e2", "r1");
  private static final EncoderKey THIRD_KEY = new EncoderKey("e1", "r2");

  @TempDir private static Path redisFolder;

  private static @Nullable RedisProcess redis;
  private static @Nullable RedisContainer redis7;

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
    if (store != null) {
      store.close();
    }
  }

  @AfterAll
  static void stopRedis() {
    if (redis != null) {
      redis.close();
      redis = null;
    }
    if (redis7 != null) {
      redis7.close();
      redis7 = null;
    }
  }

  private static RedisProcess redis() {
    RedisProcess.assumeInstalled();
    RedisProcess running = redis;
    if (running == null) {
      running = RedisProcess.start(redisFolder);
      redis = running;
    }
    return running;
  }

  private static RedisContainer redis7() {
    RedisContainer.assumeEngine();
    RedisContainer running = redis7;
    if (running == null) {
      running = RedisContainer.start();
      redis7 = running;
    }
    return running;
  }

  private static int emptied(int port) {
    try (Jedis jedis = new Jedis("127.0.0.1", port)) {
      jedis.flushAll();
    }
    return port;
  }

  @Test
  void givesBackWhatWasStoredInTheOrderOfTheQuestion() {
    store.change(List.of(entry(7, 70, "a hat", KEY), entry(-7, 71, "", OTHER_KEY)));

    assertThat(store.items(new long[] {-7, 8, 7, -7}))
        .extracting(item -> item == null ? null : item.withVersion(0))
        .containsExactly(
            at(NOW, item(-7, 71, "")),
            null,
            at(NOW, item(7, 70, "a hat")),
            at(NOW, item(-7, 71, "")));
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
    store.change(List.of(entry(7, 70, "a hat", KEY), entry(8, 80, "untouched", KEY)));
    store.change(List.of(entry(7, 72, "a scarf", OTHER_KEY)));

    assertThat(
            store.representations(
                List.of(
                    new RepresentationId(7, 70, KEY),
                    new RepresentationId(7, 72, KEY),
                    new RepresentationId(7, 72, OTHER_KEY),
                    new RepresentationId(8, 80, KEY))))
        .extracting(Objects::nonNull)
        .containsExactly(false, false, true, true);
  }

  @Test
  void whatOtherEncodersMadeOfTheSameContentStays() {
    store.change(List.of(entry(7, 70, "a hat", KEY)));
    store.change(List.of(entry(7, 70, "a hat", OTHER_KEY)));
    change(new ItemStore.Entry(stored(7), new byte[] {1, 2, 3}, made(THIRD_KEY)));

    assertThat(made(7, 70, KEY, OTHER_KEY, THIRD_KEY)).containsExactly(true, true, true);
    store.change(List.of(entry(7, 71, "a scarf", KEY)));
    assertThat(made(7, 70, KEY, OTHER_KEY, THIRD_KEY)).containsExactly(false, false, false);
    store.change(List.of(new Deletion(7), entry(7, 71, "a scarf", OTHER_KEY)));
    assertThat(made(7, 71, OTHER_KEY)).containsExactly(true);
  }

  @Test
  void ofSeveralContentsOfOneItemInOneChangeTheLastAloneLeavesAnything() {
    store.change(List.of(entry(7, 70, "a hat", KEY), entry(7, 71, "a scarf", OTHER_KEY)));
    assertThat(made(7, 70, KEY)).containsExactly(false);
    assertThat(made(7, 71, OTHER_KEY)).containsExactly(true);

    store.change(List.of(entry(8, 80, "a coat", KEY), entry(8, 80, "a coat", OTHER_KEY)));
    assertThat(made(8, 80, KEY, OTHER_KEY)).containsExactly(true, true);

    store.change(List.of(entry(9, 90, "a cap", KEY), new Deletion(9)));
    assertThat(made(9, 90, KEY)).containsExactly(false);
    assertThat(store.image(9)).isEmpty();
  }

  @Test
  void ofTheEncodersThatAreNotWrittenOnlySoManyAreKept() {
    int many = ItemStore.OTHER_ENCODERS + 5;
    EncoderKey[] keys = new EncoderKey[many];
    for (int i = 0; i < many; i++) {
      keys[i] = new EncoderKey("encoder" + i, "r1");
      store.change(List.of(entry(7, 70, "a hat", keys[i])));
    }

    assertThat(made(7, 70, keys)).filteredOn(there -> there).hasSize(ItemStore.OTHER_ENCODERS + 1);
    assertThat(made(7, 70, keys[many - 1])).containsExactly(true);
  }

  private List<Boolean> made(long itemId, long hash, EncoderKey... keys) {
    List<RepresentationId> ids =
        Arrays.stream(keys).map(key -> new RepresentationId(itemId, hash, key)).toList();
    return store.representations(ids).stream().map(Objects::nonNull).toList();
  }

  @Test
  void everyPutGivesAVersionAboveAllBefore() {
    store.change(List.of(entry(1, 1, "one", KEY), entry(2, 2, "two", KEY)));
    store.change(List.of(entry(1, 1, "one", KEY)));
    StoredItem one = Objects.requireNonNull(store.items(new long[] {1}).getFirst());
    StoredItem two = Objects.requireNonNull(store.items(new long[] {2}).getFirst());

    assertThat(two.version()).isPositive();
    assertThat(one.version()).isGreaterThan(two.version());
  }

  @Test
  void theFeedHasEachChangedItemOnceInTheOrderOfItsNewestVersion() {
    store.change(List.of(entry(1, 1, "one", KEY), entry(2, 2, "two", KEY), entry(3, 3, "x", KEY)));
    store.change(List.of(entry(1, 1, "one again", KEY), entry(1, 1, "and again", KEY)));

    assertThat(store.changesSince(0, 10).itemIds()).containsExactly(2L, 3L, 1L);
  }

  @Test
  void theFeedComesInStretchesThatCoverItAll() {
    for (long id = 1; id <= 5; id++) {
      store.change(List.of(entry(id, id, "x", KEY)));
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
    store.change(List.of(entry(1, 1, "one", KEY), entry(2, 2, "two", KEY)));
    List<String> titles = new ArrayList<>();
    store.forEach(item -> titles.add(item.title()));

    assertThat(titles).containsExactly("one", "two");
  }

  @Test
  void whatIsOlderThanWhatIsStoredChangesNothingAndSaysSo() {
    change(entryAt(500, 7, 70, "a hat"));
    Outcome older = change(entryAt(499, 7, 71, "an older hat"));
    Outcome same = change(entryAt(500, 7, 72, "a hat of the same time"));
    Outcome now = change(entry(7, 73, "a hat of now", KEY));

    assertThat(older.result()).isEqualTo(Result.STALE);
    assertThat(Objects.requireNonNull(older.before()).title()).isEqualTo("a hat");
    assertThat(same.result()).isEqualTo(Result.STORED);
    assertThat(now.result()).isEqualTo(Result.STORED);
    assertThat(stored(7).title()).isEqualTo("a hat of now");
    assertThat(stored(7).times()).isEqualTo(Times.at(NOW));
  }

  @Test
  void whatIsNowIsNewerThanWhatAClockThatIsAheadHasStored() {
    change(entryAt(NOW + 5000, 7, 70, "a hat"));

    assertThat(change(entry(7, 71, "a scarf", KEY)).result()).isEqualTo(Result.STORED);
    assertThat(stored(7).times()).isEqualTo(Times.at(NOW + 5000));
  }

  @Test
  void statisticsAloneLeaveTheRestAsItIs() {
    change(entryAt(500, 7, 70, "a hat"));
    long version = stored(7).version();
    Outcome outcome = change(statistics(7, 600, "clicks", 9f));

    assertThat(outcome.result()).isEqualTo(Result.STORED);
    assertThat(stored(7).stats()).isEqualTo(Map.of("pv", 3.5f, "clicks", 9f));
    assertThat(stored(7).times()).isEqualTo(times(500, 500, "clicks", 600));
    assertThat(stored(7).title()).isEqualTo("a hat");
    assertThat(stored(7).version()).isGreaterThan(version);
    assertThat(store.image(7)).containsExactly(1, 2, 3);
    assertThat(store.representations(List.of(new RepresentationId(7, 70, KEY))))
        .doesNotContainNull();
    assertThat(store.changesSince(version, 10).itemIds()).containsExactly(7L);
  }

  @Test
  void contentAndStatisticsDoNotHoldUpEachOther() {
    change(entryAt(500, 7, 70, "a hat"));
    change(statistics(7, 700, "clicks", 9f));

    assertThat(change(entryAt(600, 7, 71, "a scarf")).result()).isEqualTo(Result.STORED);
    assertThat(stored(7).title()).isEqualTo("a scarf");
    assertThat(stored(7).stats()).containsEntry("clicks", 9f);
    assertThat(stored(7).times()).isEqualTo(times(600, 600, "clicks", 700));
    assertThat(change(statistics(7, 699, "clicks", 1f)).result()).isEqualTo(Result.STALE);
    assertThat(stored(7).stats()).containsEntry("clicks", 9f);
  }

  @Test
  void eachStatisticHasATimeOfItsOwn() {
    change(entryAt(500, 7, 70, "a hat"));
    change(statistics(7, 700, "clicks", 9f));

    assertThat(change(statistics(7, 600, "pv", 4f)).result()).isEqualTo(Result.STORED);
    assertThat(change(statistics(7, 599, "pv", 1f)).result()).isEqualTo(Result.STALE);
    assertThat(stored(7).stats()).isEqualTo(Map.of("pv", 4f, "clicks", 9f));
    assertThat(stored(7).times().of("pv")).isEqualTo(600);
    assertThat(stored(7).times().of("clicks")).isEqualTo(700);
    // What comes with content replaces what is older.
    change(entryAt(650, 7, 71, "a scarf"));
    assertThat(stored(7).stats()).isEqualTo(Map.of("pv", 3.5f, "clicks", 9f));
    assertThat(stored(7).times()).isEqualTo(times(650, 650, "clicks", 700));
    change(entryAt(800, 7, 72, "a cap"));
    assertThat(stored(7).stats()).isEqualTo(Map.of("pv", 3.5f, "clicks", 1f));
    assertThat(stored(7).times()).isEqualTo(Times.at(800));
  }

  private static Times times(long content, long stats, String name, long refreshed) {
    return new Times(content, stats, new TreeMap<>(Map.of(name, refreshed)));
  }

  @Test
  void statisticsOfAnItemThatOnlyTrainingKnowsAreKeptAndThoseOfNobodysAreNot() {
    Outcome unknown = change(new Statistics(8, stats("pv", 1f), false, 500));
    Outcome trained = change(new Statistics(9, stats("pv", 1f), true, 500));

    assertThat(unknown.result()).isEqualTo(Result.UNKNOWN);
    assertThat(store.items(new long[] {8})).containsOnlyNulls();
    assertThat(trained.result()).isEqualTo(Result.STORED);
    assertThat(stored(9).kind()).isEqualTo(StoredItem.Kind.STATISTICS);
    assertThat(stored(9).stats()).isEqualTo(Map.of("pv", 1f));
  }

  @Test
  void ofADeletedItemItsIdAndTheTimeAreLeft() {
    change(entryAt(500, 7, 70, "a hat"));
    long version = stored(7).version();
    Outcome outcome = change(new Deletion(7));

    assertThat(Objects.requireNonNull(outcome.before()).title()).isEqualTo("a hat");
    assertThat(stored(7)).isEqualTo(StoredItem.deleted(7, NOW).withVersion(stored(7).version()));
    assertThat(stored(7).version()).isGreaterThan(version);
    assertThat(store.image(7)).isEmpty();
    assertThat(store.representations(List.of(new RepresentationId(7, 70, KEY))))
        .containsOnlyNulls();
    assertThat(store.changesSince(version, 10).itemIds()).containsExactly(7L);
    List<Long> visited = new ArrayList<>();
    store.forEach(item -> visited.add(item.itemId()));
    assertThat(visited).isEmpty();
  }

  @Test
  void whatWasSentBeforeAnItemWasDeletedDoesNotBringItBack() {
    change(new Deletion(7));

    assertThat(change(entryAt(NOW - 1, 7, 70, "a hat")).result()).isEqualTo(Result.STALE);
    assertThat(change(new Statistics(7, stats("pv", 1f), true, NOW + 1)).result())
        .isEqualTo(Result.UNKNOWN);
    assertThat(stored(7).deleted()).isTrue();
    assertThat(change(entry(7, 71, "a scarf", KEY)).result()).isEqualTo(Result.STORED);
    assertThat(stored(7).title()).isEqualTo("a scarf");
  }

  @Test
  void representationsAreAddedOnlyToTheVersionThatTheyWereMadeOf() {
    change(entryAt(500, 7, 70, "a hat"));
    StoredItem read = stored(7);
    Outcome added = change(new ItemStore.Entry(read, new byte[] {1, 2, 3}, made(OTHER_KEY)));

    assertThat(added.result()).isEqualTo(Result.STORED);
    assertThat(stored(7).times()).isEqualTo(read.times());
    assertThat(store.representations(List.of(new RepresentationId(7, 70, OTHER_KEY))))
        .doesNotContainNull();
    change(new Deletion(7));
    assertThat(change(new ItemStore.Entry(read, new byte[0], made(KEY))).result())
        .isEqualTo(Result.STALE);
    assertThat(stored(7).deleted()).isTrue();
  }

  @Test
  void aLaterChangeOfOneCallSeesTheEarlier() {
    List<Outcome> outcomes =
        store.change(
            List.of(
                entryAt(500, 7, 70, "a hat"),
                statistics(7, 600, "clicks", 9f),
                statistics(7, 550, "clicks", 1f),
                new Deletion(8)));

    assertThat(outcomes)
        .extracting(Outcome::result)
        .containsExactly(Result.STORED, Result.STORED, Result.STALE, Result.STORED);
    assertThat(stored(7).stats()).containsEntry("clicks", 9f);
    assertThat(stored(7).title()).isEqualTo("a hat");
  }

  @Test
  void pagesHaveEverythingOnceByAscendingId() {
    long[] ids = {5, -3, Long.MAX_VALUE, 1, Long.MIN_VALUE, -1, 2};
    for (long id : ids) {
      change(entry(id, id, "x", KEY));
    }
    change(new Deletion(2));
    List<Long> seen = new ArrayList<>();
    Long after = null;
    for (List<StoredItem> page = store.page(after, 2);
        !page.isEmpty();
        page = store.page(after, 2)) {
      assertThat(page.size()).isLessThanOrEqualTo(2);
      page.forEach(item -> seen.add(item.itemId()));
      after = page.getLast().itemId();
      // What comes before or goes after is of no concern to what is there all the time.
      change(new Deletion(-2));
    }

    assertThat(seen).containsSubsequence(Long.MIN_VALUE, -3L, -1L, 1L, 2L, 5L, Long.MAX_VALUE);
    assertThat(seen).doesNotHaveDuplicates();
  }

  @Test
  void tellsOfEachChangeBeforeItCanBeReadAndAfter() {
    List<String> told = new ArrayList<>();
    store.observe(
        new ItemStore.Observer() {
          @Override
          public void changing(List<Long> itemIds) {
            told.add("changing " + itemIds + " from " + title());
          }

          @Override
          public void changed(List<StoredItem> now) {
            told.add("changed to " + now.getFirst().title() + ", read " + title());
          }

          private String title() {
            StoredItem item = store.items(new long[] {7}).getFirst();
            return item == null ? "nothing" : item.title();
          }
        });
    change(entryAt(500, 7, 70, "a hat"));
    change(entryAt(600, 7, 71, "a scarf"));

    assertThat(told)
        .containsExactly(
            "changing [7] from nothing",
            "changed to a hat, read a hat",
            "changing [7] from a hat",
            "changed to a scarf, read a scarf");
  }

  private Outcome change(ItemChange change) {
    return store.change(List.of(change)).getFirst();
  }

  private StoredItem stored(long itemId) {
    return Objects.requireNonNull(store.items(new long[] {itemId}).getFirst());
  }

  private static Statistics statistics(long itemId, long time, String name, float value) {
    return new Statistics(itemId, stats(name, value), false, time);
  }

  private static SortedMap<String, Float> stats(String name, float value) {
    return new TreeMap<>(Map.of(name, value));
  }

  private static ItemStore.Entry entryAt(long time, long itemId, long hash, String title) {
    ItemStore.Entry entry = entry(itemId, hash, title, KEY);
    return new ItemStore.Entry(at(time, entry.item()), entry.image(), entry.representations());
  }

  private static StoredItem at(long time, StoredItem item) {
    return item.with(item.stats(), Times.at(time));
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
        item(itemId, hash, title), new byte[] {1, 2, 3}, Map.of(key, representation(itemId)));
  }

  private static Map<EncoderKey, ItemRepresentation> made(EncoderKey key) {
    return Map.of(key, representation(1));
  }

  private static ItemRepresentation representation(long itemId) {
    return new ItemRepresentation(
        new float[] {0.5f, Float.MIN_VALUE, itemId * -1f}, new int[] {3, 0});
  }
}
