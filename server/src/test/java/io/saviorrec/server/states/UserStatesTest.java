package io.saviorrec.server.states;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.bundle.Bundle;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.bundle.TasteTable;
import io.saviorrec.content.ItemContent;
import io.saviorrec.contract.EncodedRequest;
import io.saviorrec.contract.RequestNotes;
import io.saviorrec.contract.UserTastes;
import io.saviorrec.server.fakes.FakeEngine;
import io.saviorrec.server.fakes.TestBundles;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.store.InMemoryItemStore;
import io.saviorrec.server.store.ItemRepresentation;
import io.saviorrec.server.store.ItemStore;
import io.saviorrec.server.store.SentItems;
import io.saviorrec.server.store.StoredItem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class UserStatesTest {
  private static final long NEW_ITEM = 77;

  @TempDir private Path repository;
  private final FakeEngine engine = new FakeEngine();
  private final SentItems sent = new SentItems(new InMemoryItemStore(), 100);
  private Bundle bundle;
  private ItemTable table;
  private KnownItems items;
  private ModelStates states;

  @BeforeEach
  void open() throws IOException {
    bundle = TestBundles.write(repository, "m");
    table = bundle.items();
    items = new KnownItems(bundle.manifest(), table, sent);
    states = states(20, 100, 4);
  }

  @AfterEach
  void close() {
    table.close();
  }

  @Test
  void pagesOfOneHistoryShareTheUsersState() {
    int first = userSlot(user(1, 1, 2, 3));
    assertThat(userSlot(user(1, 1, 2, 3))).isEqualTo(first);

    assertThat(engine.userPuts.calls()).isEqualTo(1);
    assertThat(engine.history(first)).isEqualTo(sum(1, 2, 3));
    assertThat(states.users().hits()).isEqualTo(1);
    assertThat(states.users().misses()).isEqualTo(1);
    assertThat(states.userBytes()).isEqualTo(ModelStates.userBytes(bundle.manifest()));
  }

  @Test
  void aStateIsThatOfOneUserProfileContextAndHistory() {
    EncodedRequest one = request(1, new long[] {2}, new long[] {3}, 4, 5);
    List<EncodedRequest> others =
        List.of(
            request(2, new long[] {2}, new long[] {3}, 4, 5),
            request(1, new long[] {3}, new long[] {3}, 4, 5),
            request(1, new long[] {2}, new long[] {2}, 4, 5),
            request(1, new long[] {2}, new long[] {3}, 5, 4),
            request(1, new long[] {2}, new long[] {3}, 4),
            request(1, new long[] {2}, new long[] {3, 4}, 5));
    int slot = userSlot(one);
    for (EncodedRequest other : others) {
      assertThat(userSlot(other)).isNotEqualTo(slot);
    }
    assertThat(userSlot(one)).isEqualTo(slot);
    assertThat(states.users().misses()).isEqualTo(7);
  }

  /// The taste profile is part of what a state is of, and not of the history's sums.
  @Test
  void aUserIsScoredWithTheRequestsTasteOrTheBundlesOrNone() {
    Path file = repository.resolve("tastes");
    TasteTable.write(file, new long[] {1}, 2, (user, out) -> out[1] = user);
    try (UserTastes tastes = UserTastes.of(TasteTable.open(file))) {
      states =
          new ModelStates(
              bundle.manifest(), engine, items, tastes, new ModelStates.Capacity(20, 100, 4, 20));
      int known = userSlot(user(1, 4, 5));
      int own = userSlot(tasting(1, new float[] {0.5f, 2}, 4, 5));
      int other = userSlot(tasting(1, new float[] {0.5f, 3}, 4, 5));
      int stranger = userSlot(user(2, 4, 5));

      assertThat(engine.user(known).taste()).containsExactly(0, 1);
      assertThat(engine.user(own).taste()).containsExactly(0.5f, 2);
      assertThat(engine.user(other).taste()).containsExactly(0.5f, 3);
      assertThat(engine.user(stranger).taste()).containsExactly(0, 0);
      assertThat(engine.user(own).previous()).isEqualTo(known);
      assertThat(engine.user(own).added()).isEmpty();
      assertThat(userSlot(tasting(1, new float[] {0.5f, 2}, 4, 5))).isEqualTo(own);
      assertThat(userSlot(user(1, 4, 5))).isEqualTo(known);
      assertThat(states.users().misses()).isEqualTo(4);
    }
  }

  private static EncodedRequest tasting(long userId, float[] taste, long... history) {
    EncodedRequest plain = user(userId, history);
    return new EncodedRequest(
        plain.userId(),
        plain.profile(),
        plain.context(),
        plain.history(),
        plain.candidates(),
        plain.pctrBase(),
        null,
        RequestNotes.NONE,
        taste);
  }

  @Test
  void theUserOfAnotherContextKeepsItsHistory() {
    int first = userSlot(request(1, new long[] {2}, new long[] {3}, 4, 5));
    int second = userSlot(request(1, new long[] {2}, new long[] {0}, 4, 5));

    assertThat(engine.user(second).previous()).isEqualTo(first);
    assertThat(engine.user(second).added()).isEmpty();
    assertThat(engine.user(second).removed()).isEmpty();
    assertThat(engine.user(second).context()).containsExactly(0);
    assertThat(engine.user(second).historyLength()).isEqualTo(2);
    assertThat(engine.history(second)).isEqualTo(sum(4, 5));
  }

  @Test
  void aHistoryThatGrewIsComputedByTheDifference() {
    int first = userSlot(user(1, 1, 2, 999, 4));
    int second = userSlot(user(1, 1, 2, 999, 4, 5));
    int third = userSlot(user(1, 2, 999, 4, 5, 6));

    assertThat(engine.user(second).previous()).isEqualTo(first);
    assertThat(engine.user(second).added()).hasSize(1);
    assertThat(engine.user(second).removed()).isEmpty();
    assertThat(engine.user(second).historyLength()).isEqualTo(4);
    assertThat(engine.user(third).previous()).isEqualTo(second);
    assertThat(engine.user(third).added()).hasSize(1);
    assertThat(engine.user(third).removed()).hasSize(1);
    assertThat(engine.user(third).historyLength()).isEqualTo(4);
    assertThat(engine.history(third)).isEqualTo(sum(2, 4, 5, 6));
    assertThat(states.usersGrown()).isEqualTo(2);
    assertThat(unknown(user(1, 2, 999, 4, 5, 6))).isEqualTo(1);
  }

  @Test
  void aHistoryOfOtherItemsIsComputedAnew() {
    userSlot(user(1, 1, 2, 3, 4, 5));
    int other = userSlot(user(1, 1, 2, 3, 5, 4));
    int shifted = userSlot(user(1, 4, 6, 7, 8, 9));

    assertThat(engine.user(other).previous()).isZero();
    assertThat(engine.user(shifted).previous()).isZero();
    assertThat(engine.history(shifted)).isEqualTo(sum(4, 6, 7, 8, 9));
  }

  @Test
  void aStateIsComputedAnewAfterSixteenDifferences() {
    int anew = 0;
    for (int first = 1; first <= 36; first++) {
      int slot = userSlot(user(1, LongStream.range(first, first + 5).toArray()));
      assertThat(engine.history(slot)).isEqualTo(sum(LongStream.range(first, first + 5).toArray()));
      anew += engine.user(slot).previous() == 0 ? 1 : 0;
    }
    // The first, and every 17th.
    assertThat(anew).isEqualTo(3);
    assertThat(states.usersGrown()).isEqualTo(33);
  }

  @Test
  void aHistoryThatOverloadCutDoesNotKeepTheWholeOneFromGrowing() {
    int whole = userSlot(user(1, 1, 2, 3, 4, 5));
    userSlot(user(1, 4, 5));
    int grown = userSlot(user(1, 2, 3, 4, 5, 6));

    assertThat(engine.user(grown).previous()).isEqualTo(whole);
  }

  @Test
  void anItemOfTheHistoryThatIsSentAnewMakesTheStateOld() {
    int before = userSlot(user(1, 1, 2, 3));
    send(9, 900);
    assertThat(userSlot(user(1, 1, 2, 3))).isEqualTo(before);
    send(2, 200);
    int after = userSlot(user(1, 1, 2, 3));

    assertThat(after).isNotEqualTo(before);
    assertThat(engine.history(after)).isEqualTo(sum(1, 2, 3)).containsKey("2/200.0");
    assertThat(userSlot(user(1, 1, 2, 3))).isEqualTo(after);
    assertThat(states.users().cached()).isEqualTo(1);
  }

  @Test
  void anUnknownItemOfTheHistoryThatIsSentMakesTheStateOld() {
    assertThat(unknown(user(1, 1, NEW_ITEM))).isEqualTo(1);
    assertThat(unknown(user(1, 1, NEW_ITEM))).isEqualTo(1);
    send(NEW_ITEM, 7);
    assertThat(unknown(user(1, 1, NEW_ITEM))).isZero();
    assertThat(engine.history(userSlot(user(1, 1, NEW_ITEM)))).isEqualTo(sum(1, NEW_ITEM));
  }

  @Test
  void nothingGrowsFromAStateOfWhichAnItemChanged() {
    userSlot(user(1, 1, 2, 3, 4, 5));
    send(1, 100);
    int slot = userSlot(user(1, 2, 3, 4, 5, 6));

    assertThat(engine.user(slot).previous()).isZero();
    assertThat(engine.history(slot)).isEqualTo(sum(2, 3, 4, 5, 6));
  }

  /// Taking away the new state of an item whose old one was added would never be noticed.
  @Test
  void anItemThatChangesWhileItIsTakenAwayMakesTheStateAnew() throws Exception {
    userSlot(user(1, 1, 2, 3, 4, 5));
    engine.puts.hold();
    CompletableFuture<SortedMap<String, Integer>> grown = historyElsewhere(user(1, 2, 3, 4, 5, 6));
    engine.puts.awaitEntered();
    send(1, 100);
    engine.puts.open();

    assertThat(grown.get(20, TimeUnit.SECONDS)).isEqualTo(sum(2, 3, 4, 5, 6));
    assertThat(states.usersGrown()).isZero();
  }

  @Test
  void aStateThatIsComputedWhileAnItemChangesIsNotFoundAfterwards() throws Exception {
    engine.userPuts.hold();
    CompletableFuture<SortedMap<String, Integer>> early = historyElsewhere(user(1, 1, 2, 3));
    engine.userPuts.awaitEntered();
    send(2, 200);
    CompletableFuture<SortedMap<String, Integer>> late = historyElsewhere(user(1, 1, 2, 3));
    engine.userPuts.open();

    assertThat(early.get(20, TimeUnit.SECONDS)).containsKey("2/2.0");
    assertThat(late.get(20, TimeUnit.SECONDS)).isEqualTo(sum(1, 2, 3)).containsKey("2/200.0");
    assertThat(engine.history(userSlot(user(1, 1, 2, 3)))).isEqualTo(sum(1, 2, 3));
  }

  @Test
  void onceAnItemIsPutNobodyFindsAStateOfTheOldOne() throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    CompletableFuture<Void> other =
        CompletableFuture.runAsync(
            () -> {
              while (!over.get()) {
                userSlot(user(1, 1, 2, 3));
              }
            },
            task -> new Thread(task).start());
    try {
      for (int version = 1; version <= 20_000; version++) {
        send(2, version);
        assertThat(engine.history(userSlot(user(1, 1, 2, 3)))).containsKey("2/" + (float) version);
      }
    } finally {
      over.set(true);
    }
    other.get(20, TimeUnit.SECONDS);
  }

  @Test
  void twoCallsComputeAUserOnce() throws Exception {
    engine.userPuts.hold();
    CompletableFuture<SortedMap<String, Integer>> first = historyElsewhere(user(1, 1, 2));
    engine.userPuts.awaitEntered();
    CompletableFuture<SortedMap<String, Integer>> second = historyElsewhere(user(1, 1, 2));
    engine.userPuts.open();

    assertThat(first.get(20, TimeUnit.SECONDS)).isEqualTo(sum(1, 2));
    assertThat(second.get(20, TimeUnit.SECONDS)).isEqualTo(sum(1, 2));
    assertThat(engine.userPuts.calls()).isEqualTo(1);
  }

  @Test
  void whatSeveralRequestsLackIsComputedTogether() {
    userSlot(user(3, 5, 6));
    int itemCalls = engine.puts.calls();
    int userCalls = engine.userPuts.calls();
    List<EncodedRequest> requests =
        List.of(user(1, 1, 2), user(2, 3), user(3, 5, 6), user(1, 1, 2));
    try (StatesLease lease = states.lease(requests, Call.UNBOUNDED)) {
      assertThat(lease.requests()).hasSize(4);
      for (int i = 0; i < 4; i++) {
        RequestStates each = lease.requests().get(i);
        assertThat(engine.history(each.userSlot())).isEqualTo(sum(requests.get(i).history()));
        assertThat(each.historySlots()).isEmpty();
        assertThat(engine.inSlot(each.candidateSlots()[0]).itemId()).isEqualTo(30);
        assertThat(engine.inSlot(each.candidateSlots()[1]).itemId())
            .isEqualTo(30 + requests.get(i).userId());
      }
    }
    assertThat(engine.userPuts.calls() - userCalls).isEqualTo(1);
    // Of the histories, and of the candidates.
    assertThat(engine.puts.calls() - itemCalls).isEqualTo(2);
  }

  @Test
  void aFailedComputationOfAUserLeavesNothingBehind() {
    int free = states.users().freeSlots();
    engine.userPuts.fail(new IllegalStateException("engine broke"));
    assertThatThrownBy(() -> userSlot(user(1, 1, 2))).hasMessage("engine broke");
    engine.userPuts.fail(null);

    assertThat(states.users().freeSlots()).isEqualTo(free);
    assertThat(engine.history(userSlot(user(1, 1, 2)))).isEqualTo(sum(1, 2));
  }

  @Test
  void withoutRoomEveryStateIsComputedForItsCall() {
    states = states(20, 0, 1);
    userSlot(user(1, 1, 2));
    userSlot(user(1, 1, 2));

    assertThat(engine.userPuts.calls()).isEqualTo(2);
    assertThat(states.users().cached()).isZero();
  }

  @Test
  void noSlotIsRewrittenWhileACallNamesIt() throws Exception {
    int threads = 4;
    states = states(8, 3, threads);
    int free = states.users().freeSlots() + (int) states.users().cached();
    List<CompletableFuture<Void>> workers = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      int seed = t;
      workers.add(
          CompletableFuture.runAsync(
              () -> hammer(new Random(seed)), task -> new Thread(task).start()));
    }
    for (int round = 0; round < 300; round++) {
      send(1 + round % 12, 1000 + round);
    }
    for (CompletableFuture<Void> worker : workers) {
      worker.get(50, TimeUnit.SECONDS);
    }

    assertThat(states.users().evictions()).isPositive();
    assertThat(states.usersGrown()).isPositive();
    assertThat(states.users().freeSlots() + (int) states.users().cached()).isEqualTo(free);
    for (long id = 1; id <= 12; id++) {
      assertThat(engine.history(userSlot(user(id, id, id + 1)))).isEqualTo(sum(id, id + 1));
    }
  }

  /// Users whose histories grow, while items change: what a call names must hold one state of each
  /// item of its history, and stay as it is.
  private void hammer(Random random) {
    for (int round = 0; round < 2000; round++) {
      long first = 1L + random.nextInt(12);
      long[] history = LongStream.range(first, first + 1 + random.nextInt(5)).toArray();
      EncodedRequest request = user(random.nextInt(3), history);
      try (StatesLease lease = states.lease(List.of(request, user(5, 1, 2)), Call.UNBOUNDED)) {
        int slot = lease.first().userSlot();
        SortedMap<String, Integer> before = engine.history(slot);
        assertThat(before.keySet().stream().map(item -> item.substring(0, item.indexOf('/'))))
            .containsExactlyInAnyOrderElementsOf(
                Arrays.stream(history).mapToObj(Long::toString).toList());
        assertThat(before.values()).allMatch(count -> count == 1);
        Thread.onSpinWait();
        assertThat(engine.user(slot).userId()).isEqualTo(request.userId());
        assertThat(engine.history(slot)).isSameAs(before);
      }
    }
  }

  private ModelStates states(int itemCapacity, int userCapacity, int calls) {
    ModelStates made =
        new ModelStates(
            bundle.manifest(),
            engine,
            items,
            new ModelStates.Capacity(itemCapacity, userCapacity, calls, 20));
    sent.listen(made);
    return made;
  }

  private static EncodedRequest user(long userId, long... history) {
    return request(userId, new long[] {1}, new long[] {1}, history);
  }

  private static EncodedRequest request(
      long userId, long[] profile, long[] context, long... history) {
    return new EncodedRequest(
        userId,
        profile,
        context,
        history,
        new long[] {30, 30 + userId},
        new float[] {Float.NaN, 0.5f});
  }

  private int userSlot(EncodedRequest request) {
    try (StatesLease lease = states.lease(request, Call.UNBOUNDED)) {
      return lease.first().userSlot();
    }
  }

  private int unknown(EncodedRequest request) {
    try (StatesLease lease = states.lease(request, Call.UNBOUNDED)) {
      return lease.first().unknownHistoryItems();
    }
  }

  private CompletableFuture<SortedMap<String, Integer>> historyElsewhere(EncodedRequest request) {
    return CompletableFuture.supplyAsync(
        () -> {
          try (StatesLease lease = states.lease(request, Call.UNBOUNDED)) {
            return engine.history(lease.first().userSlot());
          }
        },
        task -> new Thread(task).start());
  }

  /// What the state of a history is, by what is known of its items now.
  private SortedMap<String, Integer> sum(long... history) {
    SortedMap<String, Integer> sum = new TreeMap<>();
    KnownBatch known = items.find(history);
    for (int i = 0; i < history.length; i++) {
      if (known.known(i)) {
        sum.merge(history[i] + "/" + known.items().z()[i * FakeEngine.Z_DIM], 1, Integer::sum);
      }
    }
    return sum;
  }

  private void send(long itemId, float z0) {
    ItemContent content = new ItemContent(itemId, "new words " + z0, "", "", new byte[0]);
    StoredItem item =
        new StoredItem(
            itemId,
            StoredItem.UNSTORED,
            content.hash(),
            content.title(),
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
}
