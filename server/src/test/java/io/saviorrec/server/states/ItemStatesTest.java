package io.saviorrec.server.states;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.content.ItemContent;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.server.fakes.FakeCall;
import io.saviorrec.server.fakes.FakeEngine;
import io.saviorrec.server.fakes.TestBundles;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import io.saviorrec.server.store.InMemoryItemStore;
import io.saviorrec.server.store.ItemRepresentation;
import io.saviorrec.server.store.ItemStore;
import io.saviorrec.server.store.SentItems;
import io.saviorrec.server.store.StoredItem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ItemStatesTest {
  @TempDir private Path repository;
  private final FakeEngine engine = new FakeEngine();
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
  void computesEachStateOnceAndFindsItAgain() {
    ItemStates states = states(10, 20);
    int before = engine.puts.calls();
    try (Held lease = lease(states, new long[] {3, 5, 3, 5}, Call.UNBOUNDED)) {
      assertThat(itemsIn(lease.slots)).containsExactly(3L, 5L, 3L, 5L);
      assertThat(states.source(lease.slots[0])).isEqualTo(ScoreSource.TRAINED);
    }
    lease(states, new long[] {5, 3}, Call.UNBOUNDED).close();

    assertThat(engine.puts.calls() - before).isEqualTo(1);
    assertThat(states.table().misses()).isEqualTo(2);
    assertThat(states.table().hits()).isEqualTo(4);
  }

  @Test
  void givesUnknownItemsSlotZero() {
    ItemStates states = states(10, 20);
    try (Held lease = lease(states, new long[] {999, 1, 998}, Call.UNBOUNDED)) {
      assertThat(lease.slots[0]).isZero();
      assertThat(states.source(lease.slots[0])).isEqualTo(ScoreSource.UNKNOWN_ITEM);
      assertThat(itemsIn(new int[] {lease.slots[1]})).containsExactly(1L);
    }
    assertThat(states.table().unknown()).isEqualTo(2);
  }

  @Test
  void anEvictedSlotIsNotReusedWhileACallNamesIt() {
    ItemStates states = states(2, 1 + 2 + 5);
    try (Held lease = lease(states, new long[] {1, 2, 3, 4}, Call.UNBOUNDED)) {
      assertThat(states.table().evictions()).isEqualTo(2);
      assertThat(itemsIn(lease.slots)).containsExactly(1L, 2L, 3L, 4L);
      // What the cache dropped is still named by the lease, so three slots are left, all new.
      try (Held other = lease(states, new long[] {11, 12}, Call.UNBOUNDED)) {
        assertThat(list(other)).doesNotContainAnyElementsOf(list(lease));
        assertThat(itemsIn(lease.slots)).containsExactly(1L, 2L, 3L, 4L);
        assertThatThrownBy(() -> lease(states, new long[] {21, 22}, Call.UNBOUNDED))
            .isInstanceOfSatisfying(
                RequestException.class,
                e -> assertThat(e.code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED));
      }
    }
    assertThat(states.table().freeSlots() + states.table().cached()).isEqualTo(7);
    lease(states, new long[] {21, 22, 23, 24}, Call.UNBOUNDED).close();
  }

  @Test
  void twoCallsComputeAStateOnce() throws Exception {
    ItemStates states = states(10, 30);
    int before = engine.puts.calls();
    engine.puts.hold();
    CompletableFuture<long[]> first = leaseElsewhere(states, 1, 2);
    engine.puts.awaitEntered();
    CompletableFuture<long[]> second = leaseElsewhere(states, 2, 1);
    engine.puts.open();

    assertThat(first.get(20, TimeUnit.SECONDS)).containsExactly(1, 2);
    assertThat(second.get(20, TimeUnit.SECONDS)).containsExactly(2, 1);
    assertThat(engine.puts.calls() - before).isEqualTo(1);
  }

  @Test
  void aWaitingCallGivesUpWhenItsDeadlinePasses() throws Exception {
    ItemStates states = states(10, 30);
    engine.puts.hold();
    CompletableFuture<long[]> first = leaseElsewhere(states, 1);
    engine.puts.awaitEntered();
    FakeCall call = new FakeCall();
    call.expireSilently();

    assertThatThrownBy(() -> lease(states, new long[] {1}, call))
        .isInstanceOfSatisfying(
            RequestException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED));
    engine.puts.open();
    assertThat(first.get(20, TimeUnit.SECONDS)).containsExactly(1);
  }

  @Test
  void aFailedComputationLeavesNothingBehind() {
    ItemStates states = states(10, 15);
    int free = states.table().freeSlots();
    engine.puts.fail(new IllegalStateException("engine broke"));
    assertThatThrownBy(() -> lease(states, new long[] {1, 2}, Call.UNBOUNDED))
        .hasMessage("engine broke");
    engine.puts.fail(null);

    assertThat(states.table().freeSlots()).isEqualTo(free);
    try (Held lease = lease(states, new long[] {1, 2}, Call.UNBOUNDED)) {
      assertThat(itemsIn(lease.slots)).containsExactly(1L, 2L);
    }
  }

  @Test
  void aSentItemReplacesTheStateThatWasCached() {
    ItemStates states = states(10, 20);
    lease(states, new long[] {1}, Call.UNBOUNDED).close();
    send(1, "new words", 42);

    try (Held lease = lease(states, new long[] {1}, Call.UNBOUNDED)) {
      assertThat(states.source(lease.slots[0])).isEqualTo(ScoreSource.ENCODED);
      assertThat(engine.inSlot(lease.slots[0]).z()[0]).isEqualTo(42);
    }
  }

  @Test
  void aStateThatWasReadBeforeAnItemWasSentIsNotKept() throws Exception {
    ItemStates states = states(10, 30);
    engine.puts.hold();
    CompletableFuture<long[]> early = leaseElsewhere(states, 1);
    engine.puts.awaitEntered();
    send(1, "new words", 42);
    engine.puts.open();
    early.get(20, TimeUnit.SECONDS);

    try (Held lease = lease(states, new long[] {1}, Call.UNBOUNDED)) {
      assertThat(engine.inSlot(lease.slots[0]).z()[0]).isEqualTo(42);
    }
  }

  @Test
  void aSentItemWithTheTrainedContentStaysTrained() {
    ItemStates states = states(10, 20);
    ItemContent content = TestBundles.content(4);
    StoredItem item =
        new StoredItem(
            4,
            StoredItem.UNSTORED,
            content.hash(),
            content.title(),
            "",
            "",
            new TreeMap<>(Map.of("clicks", 9f)),
            new TreeMap<>());
    sent.change(List.of(new ItemStore.Entry(item, new byte[0], Map.of())));

    try (Held lease = lease(states, new long[] {4, 5}, Call.UNBOUNDED)) {
      assertThat(states.source(lease.slots[0])).isEqualTo(ScoreSource.TRAINED);
      assertThat(engine.inSlot(lease.slots[0]).stats()).containsExactly(400, 9, 0);
      assertThat(engine.inSlot(lease.slots[1]).stats()).containsExactly(500, 0, 0);
    }
  }

  @Test
  void underContentionEverySlotHoldsTheItemThatItsCallNamed() throws Exception {
    int threads = 4;
    int perCall = 12;
    ItemStates states = states(6, 1 + 6 + threads * (perCall + 1));
    int free = states.table().freeSlots() + (int) states.table().cached();
    List<CompletableFuture<Void>> workers = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      int seed = t;
      workers.add(
          CompletableFuture.runAsync(
              () -> hammer(states, new Random(seed), perCall), task -> new Thread(task).start()));
    }
    for (CompletableFuture<Void> worker : workers) {
      worker.get(50, TimeUnit.SECONDS);
    }

    assertThat(states.table().evictions()).isPositive();
    for (long id = 1; id <= TestBundles.ITEMS; id++) {
      states.invalidate(id);
    }
    assertThat(states.table().freeSlots()).isEqualTo(free);
  }

  private void hammer(ItemStates states, Random random, int perCall) {
    for (int round = 0; round < 3000; round++) {
      long[] ids = new long[perCall];
      for (int i = 0; i < perCall; i++) {
        ids[i] = 1L + random.nextInt(TestBundles.ITEMS);
      }
      try (Held lease = lease(states, ids, Call.UNBOUNDED)) {
        if (round % 5 == 0) {
          states.invalidate(ids[0]);
        }
        assertThat(itemsIn(lease.slots)).isEqualTo(ids);
      }
    }
  }

  private ItemStates states(int capacity, int slots) {
    Changes changes = new Changes(64);
    ItemStates states = new ItemStates(engine, items, changes, capacity, slots);
    sent.listen(
        new SentItems.Listener() {
          @Override
          public void changing(long itemId) {
            changes.changed(itemId);
          }

          @Override
          public void changed(long itemId) {
            changes.changed(itemId);
            states.invalidate(itemId);
          }
        });
    return states;
  }

  private void send(long itemId, String title, float z0) {
    ItemContent content = new ItemContent(itemId, title, "", "", new byte[0]);
    StoredItem item =
        new StoredItem(
            itemId,
            StoredItem.UNSTORED,
            content.hash(),
            title,
            "",
            "",
            new TreeMap<>(),
            new TreeMap<>());
    float[] z = new float[FakeEngine.Z_DIM];
    z[0] = z0;
    sent.change(
        List.of(
            new ItemStore.Entry(
                item,
                new byte[0],
                Map.of(items.key(), new ItemRepresentation(z, new int[FakeEngine.LEVELS])))));
  }

  private CompletableFuture<long[]> leaseElsewhere(ItemStates states, long... ids) {
    return CompletableFuture.supplyAsync(
        () -> {
          try (Held lease = lease(states, ids, Call.UNBOUNDED)) {
            return itemsIn(lease.slots);
          }
        },
        task -> new Thread(task).start());
  }

  /// Slots that a lease names.
  private static final class Held implements AutoCloseable {
    final int[] slots;
    private final Lease lease;

    Held(ItemStates states, long[] ids, Call call) {
      lease = states.open();
      try {
        slots = states.slots(ids, lease, call);
      } catch (RuntimeException e) {
        lease.close();
        throw e;
      }
    }

    @Override
    public void close() {
      lease.close();
    }
  }

  private static Held lease(ItemStates states, long[] ids, Call call) {
    return new Held(states, ids, call);
  }

  private long[] itemsIn(int[] slots) {
    long[] items = new long[slots.length];
    for (int i = 0; i < slots.length; i++) {
      items[i] = engine.inSlot(slots[i]).itemId();
    }
    return items;
  }

  private static List<Integer> list(Held lease) {
    return java.util.Arrays.stream(lease.slots).boxed().toList();
  }
}
