package io.saviorrec.server.states;

import io.saviorrec.bundle.Manifest;
import io.saviorrec.contract.CandidateHints;
import io.saviorrec.contract.EncodedRequest;
import io.saviorrec.contract.RankerContract;
import io.saviorrec.contract.UserTastes;
import io.saviorrec.server.engine.ModelEngine;
import io.saviorrec.server.engine.Slots;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.store.SentItems;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The states of users and items that one model has computed, and the way to them.
public final class ModelStates implements SentItems.Listener {
  /// The most requests of one lease.
  public static final int MOST_REQUESTS = 64;

  /// What a cached user takes on the heap beside the ids of its key.
  private static final int ENTRY_BYTES = 320;

  /// One MiB; so an upsert of 64 items makes one in 40 of the histories of 50 clicks seem old.
  private static final int CHANGE_PLACES = 1 << 17;

  /// The part of the heap that the keys of one model's users may take.
  private static final int HEAP_SHARE = 8;

  private static final int MOST_USERS = 100_000_000;
  private static final int[] NO_ITEMS = {};

  private final boolean holdsHistory;
  private final int levels;
  private final int statCount;
  private final long userBytes;
  private final int itemsAtOnce;
  private final Changes changes = new Changes(CHANGE_PLACES);
  private final ItemStates items;
  private final UserStates users;

  /// How much is kept, and for how many calls there is room beside that.
  ///
  /// @param items item states kept
  /// @param users user states kept
  /// @param calls calls that hold a lease at once
  /// @param itemsAtOnce the most items that one of them names: candidates, and where the user's
  ///   state does not hold the history, its items
  public record Capacity(int items, int users, int calls, int itemsAtOnce) {

    /// What settings and a model come to.
    ///
    /// @param userStateBytes memory for user states
    public static Capacity of(
        Manifest manifest, int items, long userStateBytes, int calls, int maxCandidates) {
      long users =
          Math.min(
              userStateBytes / userBytes(manifest),
              Runtime.getRuntime().maxMemory() / HEAP_SHARE / keyBytes(manifest));
      return new Capacity(
          items,
          (int) Math.min(users, MOST_USERS),
          calls,
          Math.addExact(maxCandidates, manifest.dims().historyLength()));
    }

    /// Rows of the engine's tables, so many that calls in flight never wait for them.
    public Slots slots() {
      // One more for each call: an entry just published counts in the cache a moment later. A
      // user's
      // state may be computed from another one.
      return new Slots(
          Math.addExact(1 + items, Math.multiplyExact(calls, Math.addExact(itemsAtOnce, 1))),
          Math.addExact(1 + users, Math.multiplyExact(calls, 2 * MOST_REQUESTS + 1)));
    }
  }

  /// Empty tables of a model that takes no taste profiles.
  public ModelStates(Manifest manifest, ModelEngine engine, KnownItems known, Capacity capacity) {
    this(manifest, engine, known, UserTastes.none(), capacity);
  }

  /// Empty tables.
  public ModelStates(
      Manifest manifest,
      ModelEngine engine,
      KnownItems known,
      UserTastes tastes,
      Capacity capacity) {
    Slots slots = capacity.slots();
    this.holdsHistory = manifest.dims().stateHoldsHistory();
    this.levels = manifest.dims().levels();
    this.statCount = manifest.features().itemStats().size();
    this.userBytes = userBytes(manifest);
    this.itemsAtOnce = capacity.itemsAtOnce();
    this.items = new ItemStates(engine, known, changes, capacity.items(), slots.items());
    this.users =
        new UserStates(
            engine,
            items,
            changes,
            tastes,
            holdsHistory,
            capacity.itemsAtOnce(),
            capacity.users(),
            slots.users());
  }

  /// What a cached user takes: its row in the engine's table, and its key with the longest history
  /// and a taste profile of its own.
  static long userBytes(Manifest manifest) {
    return (long) Float.BYTES * manifest.dims().userWidth() + keyBytes(manifest);
  }

  /// What of that is on the heap.
  private static long keyBytes(Manifest manifest) {
    long ids =
        (long) manifest.dims().historyLength()
            + manifest.features().profile().size()
            + manifest.features().context().size();
    return Long.BYTES * ids + (long) Float.BYTES * manifest.tasteWidth() + ENTRY_BYTES;
  }

  /// The states that the request needs, computed where they were not cached.
  public StatesLease lease(EncodedRequest request, Call call) {
    return lease(List.of(request), call);
  }

  /// The states that the requests need. What is not cached is computed together.
  ///
  /// @param requests at most [#MOST_REQUESTS], which name no more items in all than one call may
  ///   ([#itemsNamed], [#mostItems])
  /// @param call for how long to wait for states that other calls compute
  public StatesLease lease(List<EncodedRequest> requests, Call call) {
    if (requests.size() > MOST_REQUESTS) {
      throw new IllegalArgumentException(
          "A lease is for at most %d requests, was for %d"
              .formatted(MOST_REQUESTS, requests.size()));
    }
    Lease userLease = users.open();
    Lease itemLease = items.open();
    boolean leased = false;
    try {
      CachedUser[] keys = new CachedUser[requests.size()];
      for (int g = 0; g < keys.length; g++) {
        keys[g] = new CachedUser(requests.get(g));
      }
      int[] userSlots = users.slots(keys, userLease, call);
      int[] itemSlots = items.slots(items(requests), itemLease, call);
      addAlike(requests, itemSlots, itemLease, call);
      StatesLease lease =
          new StatesLease(userLease, itemLease, split(requests, userSlots, itemSlots));
      leased = true;
      return lease;
    } finally {
      if (!leased) {
        userLease.close();
        itemLease.close();
      }
    }
  }

  /// Computes the states of these items where they are not cached.
  ///
  /// @param itemIds at most [#mostItems]
  public void computeItems(long[] itemIds, Call call) {
    try (Lease lease = items.open()) {
      items.slots(itemIds, lease, call);
    }
  }

  /// The items whose states are cached now, in no order: those that requests used last.
  public long[] cachedItems() {
    return items.cached();
  }

  /// Items whose slots a request names.
  public int itemsNamed(EncodedRequest request) {
    return request.candidates().length + (holdsHistory ? 0 : request.history().length);
  }

  /// What one lease may name.
  public int mostItems() {
    return itemsAtOnce;
  }

  /// What the requests name, one request behind the other: its candidates, then its history.
  private ItemKeys items(List<EncodedRequest> requests) {
    if (requests.size() == 1
        && itemsNamed(requests.getFirst()) == requests.getFirst().candidates().length) {
      long[] candidates = requests.getFirst().candidates();
      return new ItemKeys(candidates, own(requests, candidates.length));
    }
    int count = 0;
    for (EncodedRequest request : requests) {
      count += itemsNamed(request);
    }
    long[] ids = new long[count];
    int at = 0;
    for (EncodedRequest request : requests) {
      at = append(request.candidates(), ids, at);
      if (!holdsHistory) {
        at = append(request.history(), ids, at);
      }
    }
    return new ItemKeys(ids, own(requests, count));
  }

  /// What requests say of candidates whose states are for them alone; null when it is nothing.
  private @Nullable ItemHint @Nullable [] own(List<EncodedRequest> requests, int count) {
    @Nullable ItemHint[] own = null;
    int at = 0;
    for (EncodedRequest request : requests) {
      CandidateHints hints = request.hints();
      if (hints != null && hints.stats() != null) {
        own = own == null ? new ItemHint[count] : own;
        for (int c = 0; c < request.candidates().length; c++) {
          if (hints.hasStats(c, statCount)) {
            own[at + c] = ItemHint.of(hints, c, levels, statCount);
          }
        }
      }
      at += itemsNamed(request);
    }
    return own;
  }

  /// Gives candidates that are not known the slots of what stands for them, where requests say
  /// enough. An item is known or not by one look-up; what becomes known later is in the next
  /// request.
  private void addAlike(List<EncodedRequest> requests, int[] itemSlots, Lease lease, Call call) {
    List<ItemHint> alike = new ArrayList<>();
    int[] places = NO_ITEMS;
    int at = 0;
    for (EncodedRequest request : requests) {
      CandidateHints hints = request.hints();
      for (int c = 0; hints != null && c < request.candidates().length; c++) {
        if (itemSlots[at + c] == RankerContract.UNKNOWN_SLOT && hints.hasLikeness(c, levels)) {
          places = places.length == 0 ? new int[itemSlots.length] : places;
          places[alike.size()] = at + c;
          alike.add(ItemHint.of(hints, c, levels, statCount));
        }
      }
      at += itemsNamed(request);
    }
    if (alike.isEmpty()) {
      return;
    }
    int[] slots = items.slots(ItemKeys.alike(alike.toArray(ItemHint[]::new)), lease, call);
    for (int i = 0; i < slots.length; i++) {
      itemSlots[places[i]] = slots[i];
    }
  }

  private static int append(long[] ids, long[] out, int at) {
    System.arraycopy(ids, 0, out, at, ids.length);
    return at + ids.length;
  }

  private List<RequestStates> split(
      List<EncodedRequest> requests, int[] userSlots, int[] itemSlots) {
    List<RequestStates> states = new ArrayList<>(requests.size());
    int at = 0;
    for (int g = 0; g < userSlots.length; g++) {
      EncodedRequest request = requests.get(g);
      int historyAt = at + request.candidates().length;
      int end = at + itemsNamed(request);
      states.add(
          new RequestStates(
              userSlots[g],
              end == historyAt ? NO_ITEMS : ItemStates.known(itemSlots, historyAt, end),
              at == 0 && historyAt == itemSlots.length
                  ? itemSlots
                  : Arrays.copyOfRange(itemSlots, at, historyAt),
              users.user(userSlots[g]).unknown(),
              items));
      at = end;
    }
    return states;
  }

  @Override
  public void changing(long itemId) {
    changes.changed(itemId);
  }

  /// Counted before, so that what was read of the item before is no longer linked, and after, so
  /// that no user's state is right that was computed from what was linked.
  @Override
  public void changed(long itemId) {
    changes.changed(itemId);
    items.invalidate(itemId);
    changes.changed(itemId);
  }

  /// The slots of items, for what counts them.
  public SlotTable<?> items() {
    return items.table();
  }

  /// The slots of users.
  public SlotTable<?> users() {
    return users.table();
  }

  /// User states that were computed by the difference to another.
  public long usersGrown() {
    return users.grown();
  }

  /// Memory that cached user states take, with their keys, which may be shorter.
  public long userBytes() {
    return users.table().cached() * userBytes;
  }
}
