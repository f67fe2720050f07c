package io.saviorrec.server.states;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.server.engine.ModelEngine;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// The item states of one model: which item lies in which slot of the engine's table, bounded by a
/// cache.
///
/// Slots: slot 0 holds the unknown item for ever; the engine put it there. The others are counted
/// references: the cache holds one for each entry, and each call in flight one for each time that
/// it names the item. A slot goes back to the pool when the last of them is gone, so eviction never
/// takes a slot from under a call. There are more slots than the cache has entries, by as many as
/// the calls in flight can hold.
///
/// Single flight: whoever puts an entry into the cache computes its state; others that meet the
/// entry wait for it. A call computes all of its own entries before it waits, so two calls cannot
/// wait for each other.
///
/// Freshness: a sent item is stored, then counted in `modifications`, then removed here. A call
/// that reads an item before and finds the count changed after it published its entry removes that
/// entry itself; it has scored what was true when it began, and nobody else will.
public final class ItemStates {
  private static final int COMPUTE_BATCH = 256;
  private static final Slot UNKNOWN =
      new Slot(
          ModelEngine.UNKNOWN_ITEM, ModelEngine.UNKNOWN_SLOT, ScoreSource.UNKNOWN_ITEM, 1);

  static {
    UNKNOWN.complete();
  }

  private final ModelEngine engine;
  private final KnownItems catalogue;
  private final SlotPool slots;
  private final Cache<Long, Slot> entries;
  private final LongAdder hits = new LongAdder();
  private final LongAdder misses = new LongAdder();
  private final LongAdder unknown = new LongAdder();
  private final LongAdder evictions = new LongAdder();

  /// An entry that this call put into the cache, and what its state is computed from.
  private record Owned(Slot entry, KnownItem item) {}

  /// An empty table but for the unknown item.
  ///
  /// @param capacity item states kept
  /// @param slotCount rows of the engine's table
  public ItemStates(ModelEngine engine, KnownItems catalogue, int capacity, int slotCount) {
    this.engine = engine;
    this.catalogue = catalogue;
    this.slots = new SlotPool(ModelEngine.UNKNOWN_SLOT + 1, slotCount);
    this.entries =
        Caffeine.newBuilder()
            .maximumSize(capacity)
            .executor(Runnable::run)
            .removalListener(this::onRemoval)
            .build();
  }

  /// Rows that a table needs so that calls in flight never wait for slots.
  ///
  /// @param capacity item states kept
  /// @param calls calls that run at once
  /// @param itemsPerCall the most items that one of them names
  public static int slotsFor(int capacity, int calls, int itemsPerCall) {
    return Math.addExact(1 + capacity, Math.multiplyExact(calls, itemsPerCall));
  }

  private void onRemoval(@Nullable Long itemId, @Nullable Slot entry, RemovalCause cause) {
    if (cause.wasEvicted()) {
      evictions.increment();
    }
    if (entry != null) {
      release(entry);
    }
  }

  /// The slots of these items, computed where they were not cached. The caller closes the lease
  /// when the engine no longer needs them.
  public Lease lease(long[] candidates, long[] history, Call call) {
    Slot[] held = new Slot[candidates.length + history.length];
    List<Owned> owned = new ArrayList<>();
    int count = 0;
    boolean leased = false;
    try {
      for (; count < held.length; count++) {
        long itemId =
            count < candidates.length ? candidates[count] : history[count - candidates.length];
        held[count] = hold(itemId, owned);
      }
      compute(owned);
      for (Slot entry : held) {
        entry.await(call);
      }
      leased = true;
      return new Lease(this, held, candidates.length);
    } catch (Throwable e) {
      abandon(owned, e);
      throw e;
    } finally {
      if (!leased) {
        release(held, count);
      }
    }
  }

  private Slot hold(long itemId, List<Owned> owned) {
    Slot cached = entries.getIfPresent(itemId);
    if (cached != null && cached.retain()) {
      hits.increment();
      return cached;
    }
    while (true) {
      long modifications = catalogue.modifications();
      KnownItem item = catalogue.find(itemId);
      if (item == null) {
        unknown.increment();
        return UNKNOWN;
      }
      // Held by the cache and by this call.
      Slot mine = new Slot(itemId, takeSlot(), item.source(), 2);
      Slot other = entries.asMap().putIfAbsent(itemId, mine);
      if (other == null) {
        misses.increment();
        owned.add(new Owned(mine, item));
        if (catalogue.modifications() != modifications) {
          entries.asMap().remove(itemId, mine);
        }
        return mine;
      }
      slots.give(mine.slot);
      if (other.retain()) {
        hits.increment();
        return other;
      }
    }
  }

  private int takeSlot() {
    int slot = slots.take();
    if (slot < 0) {
      // The cache may be over its bound for a moment, until its pending evictions have run.
      entries.cleanUp();
      slot = slots.take();
    }
    if (slot < 0) {
      throw new RequestException(
          ErrorCode.RESOURCE_EXHAUSTED,
          "all item slots are named by calls in flight; raise items.stateCapacity");
    }
    return slot;
  }

  private void compute(List<Owned> owned) {
    for (int from = 0; from < owned.size(); from += COMPUTE_BATCH) {
      List<Owned> batch = owned.subList(from, Math.min(owned.size(), from + COMPUTE_BATCH));
      putItems(batch);
      batch.forEach(one -> one.entry().complete());
    }
  }

  private void putItems(List<Owned> batch) {
    int zDim = catalogue.dims().zDim();
    int levels = catalogue.dims().levels();
    int statCount = catalogue.statNames().size();
    int[] batchSlots = new int[batch.size()];
    long[] itemIds = new long[batch.size()];
    float[] stats = new float[batch.size() * statCount];
    float[] z = new float[batch.size() * zDim];
    int[] codes = new int[batch.size() * levels];
    for (int i = 0; i < batch.size(); i++) {
      Slot entry = batch.get(i).entry();
      KnownItem item = batch.get(i).item();
      batchSlots[i] = entry.slot;
      itemIds[i] = entry.itemId;
      System.arraycopy(item.stats(), 0, stats, i * statCount, statCount);
      System.arraycopy(item.representation().z(), 0, z, i * zDim, zDim);
      System.arraycopy(item.representation().codes(), 0, codes, i * levels, levels);
    }
    engine.putItems(batchSlots, itemIds, stats, z, codes);
  }

  /// Nobody may find an entry whose state was never put into its slot.
  private void abandon(List<Owned> owned, Throwable cause) {
    for (Owned one : owned) {
      if (!one.entry().isLoaded()) {
        entries.asMap().remove(one.entry().itemId, one.entry());
        one.entry().fail(cause);
      }
    }
  }

  /// Forgets an item's state; calls in flight keep the one that they have.
  public void invalidate(long itemId) {
    entries.invalidate(itemId);
  }

  void release(Slot[] held, int count) {
    for (int i = 0; i < count; i++) {
      release(held[i]);
    }
  }

  private void release(Slot entry) {
    if (entry.slot != ModelEngine.UNKNOWN_SLOT && entry.release()) {
      slots.give(entry.slot);
    }
  }

  public long cached() {
    return entries.estimatedSize();
  }

  public int freeSlots() {
    return slots.available();
  }

  public long hits() {
    return hits.sum();
  }

  public long misses() {
    return misses.sum();
  }

  public long unknownLookups() {
    return unknown.sum();
  }

  public long evictions() {
    return evictions.sum();
  }
}
