package io.saviorrec.server.store;

import static io.saviorrec.server.store.ItemStoreContractTest.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.server.fakes.RedisProcess;
import io.saviorrec.server.fakes.TcpProxy;
import io.saviorrec.server.fakes.TestCertificates;
import io.saviorrec.server.store.ItemChange.Result;
import io.saviorrec.server.store.ItemStore.RepresentationId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/// What the store that servers share does beyond [ItemStoreContractTest].
@Timeout(120)
class RedisItemStoreTest {
  private static final EncoderKey KEY = new EncoderKey("e1", "r1");
  private static final EncoderKey OTHER_KEY = new EncoderKey("e2", "r1");

  @TempDir private Path folder;
  private RedisProcess redis;
  private TcpProxy cable;
  private final List<AutoCloseable> opened = new ArrayList<>();

  @BeforeEach
  void start() {
    RedisProcess.assumeInstalled();
    redis = RedisProcess.start(folder.resolve("redis"));
    cable = TcpProxy.to(redis.port());
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable each : opened.reversed()) {
      each.close();
    }
    if (cable != null) {
      cable.close();
      redis.close();
    }
  }

  @Test
  void whatOneServerChangesTheOthersHaveAMomentLater() {
    RedisItemStore first = open("first", cable.port());
    RedisItemStore second = open("second", redis.port());
    first.change(List.of(entry(7, 70, "a hat", KEY), entry(8, 80, "a scarf", KEY)));
    await(() -> has(second, 7, "a hat") && has(second, 8, "a scarf"));

    assertThat(second.image(7)).containsExactly(1, 2, 3);
    assertThat(second.representations(List.of(new RepresentationId(7, 70, KEY))))
        .doesNotContainNull();
    second.change(
        List.of(
            new ItemChange.Statistics(7, new TreeMap<>(Map.of("pv", 9f)), false, ItemChange.NOW),
            new ItemChange.Deletion(8)));
    await(() -> read(first, 8).deleted() && Objects.equals(read(first, 7).stats().get("pv"), 9f));
    assertThat(first.representations(List.of(new RepresentationId(7, 70, KEY))))
        .doesNotContainNull();
    assertThat(first.image(8)).isEmpty();
    assertThat(read(first, 7)).isEqualTo(read(second, 7));
  }

  @Test
  void serversWithDifferentEncodersDoNotEncodeEachOthersItemsWithoutEnd() {
    RedisItemStore first = open("first", redis.port());
    RedisItemStore second = open("second", redis.port());
    first.change(List.of(entry(7, 70, "a hat", KEY)));
    await(() -> has(second, 7, "a hat"));
    for (int round = 0; round < 3; round++) {
      addWhereItIsMissing(first, KEY);
      await(() -> read(second, 7).version() == read(first, 7).version());
      addWhereItIsMissing(second, OTHER_KEY);
      await(() -> read(second, 7).version() == read(first, 7).version());
    }

    assertThat(read(first, 7).version()).isEqualTo(2);
    for (RedisItemStore each : List.of(first, second)) {
      assertThat(
              each.representations(
                  List.of(
                      new RepresentationId(7, 70, KEY), new RepresentationId(7, 70, OTHER_KEY))))
          .doesNotContainNull();
    }
  }

  /// As a server does that finds an item without what its encoder makes of it.
  private static void addWhereItIsMissing(RedisItemStore store, EncoderKey key) {
    StoredItem item = read(store, 7);
    if (store.representations(List.of(new RepresentationId(7, 70, key))).getFirst() == null) {
      ItemStore.Entry made = entry(7, 70, "a hat", key);
      store.change(List.of(new ItemStore.Entry(item, made.image(), made.representations())));
    }
  }

  @Test
  void tellsItsObserverWhatOthersChanged() {
    RedisItemStore first = open("first", redis.port());
    RedisItemStore second = open("second", redis.port());
    List<String> told = new ArrayList<>();
    second.observe(
        new ItemStore.Observer() {
          @Override
          public synchronized void changing(List<Long> itemIds) {
            told.add("changing " + itemIds);
          }

          @Override
          public synchronized void changed(List<StoredItem> now) {
            told.add("changed to " + now.getFirst().title());
          }
        });
    first.change(List.of(entry(7, 70, "a hat", KEY)));
    await(() -> told.size() == 2);

    assertThat(told).containsExactly("changing [7]", "changed to a hat");
  }

  @Test
  void whileItIsAwayReadingGoesOnAndChangesAreRefusedAndThenNothingIsLost() {
    RedisItemStore first = open("first", cable.port());
    RedisItemStore second = open("second", redis.port());
    first.change(List.of(entry(7, 70, "a hat", KEY)));
    cable.cut();

    assertThatThrownBy(() -> first.change(List.of(entry(8, 80, "a scarf", KEY))))
        .isInstanceOfSatisfying(StoreException.class, e -> assertThat(e.full()).isFalse())
        .hasMessage("the item store cannot be reached; nothing is stored until it can");
    await(() -> fails(first::requireRoom));
    assertThat(read(first, 7).title()).isEqualTo("a hat");
    for (int id = 100; id < 1300; id++) {
      second.change(List.of(entry(id, id, "item " + id, KEY)));
    }
    second.change(List.of(new ItemChange.Deletion(7)));
    assertThat(read(first, 7).title()).isEqualTo("a hat");
    cable.mend();
    await(() -> read(first, 7).deleted());
    for (int id = 100; id < 1300; id++) {
      assertThat(read(first, id)).isEqualTo(read(second, id));
    }
    assertThat(first.change(List.of(entry(8, 80, "a scarf", KEY))).getFirst().result())
        .isEqualTo(Result.STORED);
    await(() -> !fails(first::requireRoom));
  }

  @Test
  void changesOfSeveralServersHaveOneOrder() throws Exception {
    RedisItemStore first = open("first", redis.port());
    RedisItemStore second = open("second", redis.port());
    List<CompletableFuture<Void>> senders = new ArrayList<>();
    for (RedisItemStore each : List.of(first, second)) {
      senders.add(
          CompletableFuture.runAsync(
              () -> {
                for (int i = 0; i < 100; i++) {
                  ItemChange change = entry(7, i, "title " + i, KEY);
                  assertThat(each.change(List.of(change)).getFirst().result())
                      .isEqualTo(Result.STORED);
                }
              },
              task -> new Thread(task).start()));
    }
    for (CompletableFuture<Void> sender : senders) {
      sender.get(60, TimeUnit.SECONDS);
    }

    await(() -> read(first, 7).equals(read(second, 7)));
    assertThat(read(first, 7).version()).isEqualTo(200);
  }

  @Test
  void everythingThatWasAcknowledgedIsThereAfterItWasKilled() {
    RedisItemStore first = open("first", redis.port());
    for (int id = 1; id <= 50; id++) {
      first.change(List.of(entry(id, id, "item " + id, KEY)));
    }
    first.change(List.of(new ItemChange.Deletion(1)));
    redis.kill();
    redis.start();
    RedisItemStore other = open("other", redis.port());

    assertThat(read(other, 1).deleted()).isTrue();
    for (int id = 2; id <= 50; id++) {
      assertThat(read(other, id).title()).isEqualTo("item " + id);
    }
    await(() -> !fails(() -> first.change(List.of(entry(51, 51, "x", KEY)))));
    await(() -> has(other, 51, "x"));
  }

  @Test
  void whatAnotherRedisDoesNotHaveIsDropped() {
    RedisItemStore first = open("first", cable.port());
    first.change(List.of(entry(7, 70, "a hat", KEY), entry(8, 80, "a scarf", KEY)));
    try (RedisProcess empty = RedisProcess.start(folder.resolve("empty"));
        TcpProxy other = TcpProxy.to(empty.port())) {
      first.close();
      opened.remove(first);
      RedisItemStore again = open("first", other.port());

      assertThat(again.items(new long[] {7, 8})).containsOnlyNulls();
      again.change(List.of(entry(9, 90, "a coat", KEY)));
      assertThat(again.changesSince(0, 10).itemIds()).containsExactly(9L);
      again.close();
      opened.remove(again);
    }
  }

  @Test
  void whatAnotherRedisHasOlderIsTakenBack() {
    RedisItemStore first = open("first", cable.port());
    first.change(List.of(entry(7, 70, "a hat", KEY)));
    first.change(List.of(entry(7, 71, "a scarf", KEY)));
    closeAll();
    try (RedisProcess older = RedisProcess.start(folder.resolve("older"))) {
      open("other", older.port()).change(List.of(entry(7, 70, "a hat", KEY)));
      RedisItemStore again = open("first", older.port());

      assertThat(read(again, 7).title()).isEqualTo("a hat");
      closeAll();
    }
  }

  @Test
  void theEncodersThatAreNotKeptAreThoseThatWroteFirst() {
    RedisItemStore store = open("first", redis.port());
    List<RepresentationId> ids = new ArrayList<>();
    for (int i = 0; i < ItemStore.OTHER_ENCODERS + 5; i++) {
      EncoderKey key = new EncoderKey("encoder" + i, "r1");
      ids.add(new RepresentationId(7, 70, key));
      store.change(List.of(entry(7, 70, "a hat", key)));
    }

    assertThat(store.representations(ids.subList(4, ids.size()))).doesNotContainNull();
    assertThat(store.representations(ids.subList(0, 4))).containsOnlyNulls();
  }

  @Test
  void startsWithItsCopyWhereRedisIsAwayAndNotWithNothing() {
    open("first", cable.port()).change(List.of(entry(7, 70, "a hat", KEY)));
    closeAll();
    cable.cut();

    assertThat(read(open("first", cable.port()), 7).title()).isEqualTo("a hat");
    assertThatThrownBy(() -> open("new", cable.port()))
        .isInstanceOf(StoreException.class)
        .hasMessageStartingWith("the Redis at 127.0.0.1:" + cable.port() + " cannot be used: ")
        .hasMessageEndingWith("; see items.redis.address and what is beside it");
  }

  @Test
  void refusesItemsThatALaterReleaseWrote() {
    open("first", redis.port()).change(List.of(entry(7, 70, "a hat", KEY)));
    closeAll();
    byte[] later = StoreFormat.encodeItem(ItemStoreContractTest.item(7, 70, "a hat"));
    later[0] = StoreFormat.FORMAT + 1;
    try (Jedis jedis = new Jedis("127.0.0.1", redis.port())) {
      jedis.hset(StoreFormat.utf8("test:item:7"), StoreFormat.utf8("i"), later);
    }

    assertThatThrownBy(() -> open("new", redis.port()))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("item 7 in the item store was written in format 4; ")
        .hasMessageNotContaining("storeDirectory");
  }

  @Test
  void aRedisWithoutMemoryRefusesChangesAsAFullDiskDoes() {
    RedisItemStore store = open("first", redis.port());
    try (Jedis jedis = new Jedis("127.0.0.1", redis.port())) {
      jedis.configSet("maxmemory", "1");
    }

    assertThatThrownBy(() -> store.change(List.of(entry(8, 80, "a scarf", KEY))))
        .isInstanceOfSatisfying(StoreException.class, e -> assertThat(e.full()).isTrue())
        .hasMessage("the item store's memory is full; nothing is stored until there is room");
  }

  @Test
  void aWriteThatTooFewReplicasHaveIsNotAcknowledged() {
    RedisItemStore store = open("first", address(redis.port(), 1));

    assertThatThrownBy(() -> store.change(List.of(entry(8, 80, "a scarf", KEY))))
        .isInstanceOf(StoreException.class)
        .hasMessage(
            "only 0 of 1 replicas of the item store have the items (items.redis.waitReplicas)");
  }

  @Test
  void encryptsAndLogsInAndTrustsNobodyElse() throws Exception {
    TestCertificates certificates = TestCertificates.in(folder.resolve("authority"));
    TestCertificates strangers = TestCertificates.in(folder.resolve("strangers"));
    Path password = Files.writeString(folder.resolve("password"), "secret\n");
    Path wrong = Files.writeString(folder.resolve("wrong"), "guess\n");
    try (RedisProcess guarded =
        RedisProcess.start(
            folder.resolve("guarded"),
            certificates.issue("redis", "CN=redis", "ip:127.0.0.1"),
            certificates.authority(),
            "secret")) {
      RedisItemStore store =
          open("first", encrypted(guarded.port(), certificates.authority(), password));
      store.change(List.of(entry(7, 70, "a hat", KEY)));
      assertThat(read(store, 7).title()).isEqualTo("a hat");
      closeAll();
      assertThatThrownBy(
              () -> open("second", encrypted(guarded.port(), strangers.authority(), password)))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("cannot be used");
      assertThatThrownBy(
              () -> open("third", encrypted(guarded.port(), certificates.authority(), wrong)))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("WRONGPASS");
      assertThatThrownBy(
              () ->
                  open(
                      "fourth",
                      encrypted(guarded.port(), certificates.authority(), folder.resolve("none"))))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("items.redis.passwordFile: " + folder.resolve("none"));
    }
  }

  private static RedisAddress encrypted(int port, Path authority, Path password) {
    return new RedisAddress(
        "127.0.0.1", port, true, authority, null, password, "test", Duration.ofSeconds(5), 0);
  }

  private void closeAll() {
    for (AutoCloseable each : opened.reversed()) {
      try {
        each.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
    opened.clear();
  }

  private RedisItemStore open(String copy, int port) {
    return open(copy, address(port, 0));
  }

  private RedisItemStore open(String copy, RedisAddress address) {
    RedisItemStore store =
        RedisItemStore.open(address, RocksItemStore.open(folder.resolve(copy), 0));
    opened.add(store);
    return store;
  }

  static RedisAddress address(int port, int waitReplicas) {
    return new RedisAddress(
        "127.0.0.1", port, false, null, null, null, "test", Duration.ofMillis(500), waitReplicas);
  }

  private static StoredItem read(ItemStore store, long itemId) {
    return Objects.requireNonNull(store.items(new long[] {itemId}).getFirst());
  }

  private static boolean has(ItemStore store, long itemId, String title) {
    @Nullable StoredItem item = store.items(new long[] {itemId}).getFirst();
    return item != null && item.title().equals(title);
  }

  private static boolean fails(Runnable action) {
    try {
      action.run();
      return false;
    } catch (StoreException _) {
      return true;
    }
  }

  private static void await(BooleanSupplier done) {
    while (!done.getAsBoolean()) {
      if (Thread.interrupted()) {
        throw new AssertionError("what the test waits for does not happen");
      }
      Thread.onSpinWait();
    }
  }
}
