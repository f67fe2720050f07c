package io.saviorrec.server.states;

import io.saviorrec.contract.RankerContract;
import io.saviorrec.contract.UserBatch;
import io.saviorrec.contract.UserTastes;
import io.saviorrec.server.engine.ModelEngine;
import io.saviorrec.server.request.Call;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// The user states of one model: a [SlotTable] over the engine's table of users, by everything that
/// a state is computed from.
///
/// Freshness: the key names the items of the history and not their states. So each entry has a
/// count of [Changes] at which it was right, taken before its items were read, and one of which an
/// item changed later is not used again.
///
/// Growth: where a state is cached whose history is the same but for a few clicks, and which is
/// right still, the new one is computed by the difference. It is computed anew after [#MOST_GROWN]
/// such steps, so that rounding does not add up.
final class UserStates {
  static final int MOST_GROWN = 16;

  private static final int[] NO_ITEMS = {};
  private static final VarHandle INTS = MethodHandles.arrayElementVarHandle(int[].class);

  private final ModelEngine engine;
  private final ItemStates items;
  private final Changes changes;
  private final UserTastes tastes;
  private final boolean holdsHistory;
  private final int itemsAtOnce;
  private final SlotTable<CachedUser[]> table;
  private final @Nullable CachedUser[] users;

  /// By a hash of the user: the slot that was computed last. Anybody may be there by now.
  private final int[] latest;

  private final LongAdder grown = new LongAdder();

  /// A user whose state one call computes, and how.
  ///
  /// @param previous the slot to start from, which that call holds
  /// @param from who is in it; null: nobody
  /// @param difference null: none, the state is computed anew
  private record Plan(
      int slot,
      CachedUser user,
      int previous,
      @Nullable CachedUser from,
      @Nullable Difference difference) {
    static Plan anew(int slot, CachedUser user) {
      return new Plan(slot, user, RankerContract.NO_USER, null, null);
    }

    long[] added() {
      return difference == null ? user.history : difference.added();
    }

    long[] removed() {
      return difference == null ? new long[0] : difference.removed();
    }

    int items() {
      return added().length + removed().length;
    }
  }

  /// An empty table.
  ///
  /// @param changes of items
  /// @param tastes of users whose requests bring none
  /// @param holdsHistory whether a state is a sum over the history's items
  /// @param itemsAtOnce items that one call may name
  /// @param capacity user states kept
  /// @param slotCount rows of the engine's table
  UserStates(
      ModelEngine engine,
      ItemStates items,
      Changes changes,
      UserTastes tastes,
      boolean holdsHistory,
      int itemsAtOnce,
      int capacity,
      int slotCount) {
    this.engine = engine;
    this.items = items;
    this.changes = changes;
    this.tastes = tastes;
    this.holdsHistory = holdsHistory;
    this.itemsAtOnce = itemsAtOnce;
    this.users = new CachedUser[slotCount];
    this.latest = new int[Integer.highestOneBit(slotCount) << 1];
    this.table = new SlotTable<>("user", "users.stateBytes", capacity, slotCount, 1, new Source());
  }

  Lease open() {
    return table.open();
  }

  /// The slots of these users, computed where they were not cached.
  int[] slots(CachedUser[] keys, Lease lease, Call call) {
    return table.slots(keys, lease, call);
  }

  /// Who is in a slot that the caller's lease names.
  CachedUser user(int slot) {
    CachedUser user = users[slot];
    if (user == null) {
      throw new IllegalStateException("nobody was ever in user slot " + slot);
    }
    return user;
  }

  SlotTable<CachedUser[]> table() {
    return table;
  }

  long grown() {
    return grown.sum();
  }

  private boolean fresh(CachedUser user) {
    long now = changes.now();
    long since = user.freshAt;
    if (now == since) {
      return true;
    }
    if (changes.anySince(user.history, since)) {
      return false;
    }
    user.freshAt = now;
    return true;
  }

  private final class Source implements StateSource<CachedUser[]> {
    @Override
    public int size(CachedUser[] keys) {
      return keys.length;
    }

    @Override
    public int hash(CachedUser[] keys, int place) {
      return (int) (keys[place].hash >>> 32);
    }

    @Override
    public boolean holds(int slot, CachedUser[] keys, int place) {
      return user(slot).same(keys[place]);
    }

    @Override
    public void assign(int slot, CachedUser[] keys, int place) {
      users[slot] = keys[place];
    }

    @Override
    public boolean fresh(int slot) {
      return UserStates.this.fresh(user(slot));
    }

    @Override
    public CachedUser[] select(CachedUser[] keys, int[] places) {
      CachedUser[] selected = new CachedUser[places.length];
      for (int i = 0; i < places.length; i++) {
        selected[i] = keys[places[i]];
      }
      return selected;
    }

    @Override
    public String describe(CachedUser[] keys, int place) {
      return "user " + keys[place].userId;
    }

    /// Nothing is read yet; but what will be is no older than this.
    @Override
    public Findings read(CachedUser[] keys) {
      long now = changes.now();
      for (CachedUser key : keys) {
        key.freshAt = now;
      }
      return new UserFindings(keys);
    }
  }

  private final class UserFindings implements StateSource.Findings {
    private final CachedUser[] keys;

    UserFindings(CachedUser[] keys) {
      this.keys = keys;
    }

    @Override
    public boolean known(int place) {
      return true;
    }

    /// A look-up finds out.
    @Override
    public boolean current(int place) {
      return true;
    }

    @Override
    public void compute(int[] slots, int[] places) {
      // Holds what states are grown from.
      try (Lease lease = table.open()) {
        List<Plan> plans = new ArrayList<>(slots.length);
        for (int i = 0; i < slots.length; i++) {
          plans.add(plan(slots[i], keys[places[i]], lease));
        }
        computeAll(plans);
      }
      for (int i = 0; i < slots.length; i++) {
        noteLatest(slots[i], keys[places[i]]);
      }
    }
  }

  private Plan plan(int slot, CachedUser user, Lease lease) {
    int previous = (int) INTS.getOpaque(latest, latestPlace(user));
    if (!holdsHistory || previous == RankerContract.NO_USER || !table.hold(previous, lease)) {
      return Plan.anew(slot, user);
    }
    CachedUser from = user(previous);
    Difference difference = Difference.between(from.history, user.history);
    if (difference == null || (from.grown == MOST_GROWN && !difference.isEmpty()) || !fresh(from)) {
      return Plan.anew(slot, user);
    }
    return new Plan(slot, user, previous, from, difference);
  }

  /// A shorter history than the latest is one that overload has cut; it must not keep the whole one
  /// from growing.
  private void noteLatest(int slot, CachedUser user) {
    int place = latestPlace(user);
    int there = (int) INTS.getOpaque(latest, place);
    CachedUser other = users[there];
    boolean longer =
        other != null
            && other.userId == user.userId
            && other.history.length > user.history.length
            && table.isCached(there);
    if (!longer) {
      INTS.setOpaque(latest, place, slot);
    }
  }

  private int latestPlace(CachedUser user) {
    return Hash.of(user.userId) & (latest.length - 1);
  }

  /// As many at once as name no more items than one call may.
  private void computeAll(List<Plan> plans) {
    List<Plan> anew = new ArrayList<>();
    int from = 0;
    while (from < plans.size()) {
      int to = from + 1;
      int named = plans.get(from).items();
      while (to < plans.size() && named + plans.get(to).items() <= itemsAtOnce) {
        named += plans.get(to++).items();
      }
      compute(plans.subList(from, to), named, anew);
      from = to;
    }
    if (!anew.isEmpty()) {
      computeAll(anew);
    }
  }

  /// @param anew gets what must be computed anew after all, because an item of the state that it
  ///   would start from may have changed meanwhile
  private void compute(List<Plan> plans, int named, List<Plan> anew) {
    long[] ids = new long[named];
    int at = 0;
    for (Plan plan : plans) {
      at = append(plan.added(), ids, at);
      at = append(plan.removed(), ids, at);
    }
    List<UserBatch.User> batch = new ArrayList<>(plans.size());
    try (Lease lease = items.open()) {
      // However long this call has: others may wait for the user too. Who computes items waits for
      // nobody, so it is not for long.
      int[] slots = items.slots(ids, lease, Call.UNBOUNDED);
      at = 0;
      for (Plan plan : plans) {
        int removedAt = at + plan.added().length;
        int end = removedAt + plan.removed().length;
        int[] added = ItemStates.known(slots, at, removedAt);
        int[] removed = ItemStates.known(slots, removedAt, end);
        at = end;
        if (plan.from() != null && changes.anySince(plan.removed(), plan.from().freshAt)) {
          anew.add(Plan.anew(plan.slot(), plan.user()));
        } else {
          batch.add(user(plan, added, removed));
        }
      }
      if (!batch.isEmpty()) {
        engine.putUsers(new UserBatch(batch));
      }
    }
  }

  private UserBatch.User user(Plan plan, int[] added, int[] removed) {
    CachedUser user = plan.user();
    CachedUser from = plan.from();
    user.known = added.length - removed.length + (from == null ? 0 : from.known);
    if (from != null) {
      grown.increment();
      user.grown = from.grown + (plan.items() == 0 ? 0 : 1);
    }
    return new UserBatch.User(
        plan.slot(),
        plan.previous(),
        user.userId,
        user.profile,
        user.context,
        holdsHistory ? added : NO_ITEMS,
        removed,
        user.known,
        tastes.of(user.userId, user.taste));
  }

  private static int append(long[] ids, long[] out, int at) {
    System.arraycopy(ids, 0, out, at, ids.length);
    return at + ids.length;
  }
}
