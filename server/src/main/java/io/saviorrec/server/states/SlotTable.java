package io.saviorrec.server.states;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import io.saviorrec.contract.RankerContract;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Which key's state lies in which slot of a table, bounded by a cache.
///
/// Slots: slot 0 is that of every key of which nothing is known, for ever. The others are counted
/// references: the cache holds one for each entry, and each call in flight one for each time that
/// it names the key. A slot goes back to the pool when the last of them is gone, so eviction never
/// takes a slot from under a call. There are more slots than the cache has entries, by as many as
/// the calls in flight can hold.
///
/// Single flight: whoever puts an entry into the cache computes its state; others that meet the
/// entry wait for it. A call computes all of its own entries before it waits, so two calls cannot
/// wait for each other.
///
/// Freshness: what is new is first readable, then counted in `modifications`, then removed here. A
/// call that reads before and finds the count changed after it published its entry removes that
/// entry itself; it has used what was true when it began, and nobody else will.
///
/// @param <K> the key of a state
/// @param <R> what is known of a key while its state is computed; not kept
public final class SlotTable<K, R> {
  private static final int COMPUTE_BATCH = 256;
  private static final int TAKE_ATTEMPTS = 200;
  private static final long TAKE_PAUSE_NANOS = 10_000;

  private final String what;
  private final String capacityKey;
  private final StateSource<K, R> source;
  private final SlotPool pool;
  private final Cache<K, Slot<K>> entries;
  private final LongAdder hits = new LongAdder();
  private final LongAdder misses = new LongAdder();
  private final LongAdder unknown = new LongAdder();
  private final LongAdder evictions = new LongAdder();

  /// Slots that this call put into the cache, and what their states are computed from.
  private static final class Owned<K, R> {
    final List<Slot<K>> slots = new ArrayList<>();
    final List<R> known = new ArrayList<>();
  }

  /// A table of which every slot but 0 is free.
  ///
  /// @param what the kind of key, for errors
  /// @param capacityKey the setting of the capacity, for errors
  /// @param capacity states kept
  /// @param slotCount rows of the table, slot 0 included
  SlotTable(
      String what, String capacityKey, int capacity, int slotCount, StateSource<K, R> source) {
    this.what = what;
    this.capacityKey = capacityKey;
    this.source = source;
    this.pool = new SlotPool(RankerContract.UNKNOWN_SLOT + 1, slotCount);
    this.entries =
        Caffeine.newBuilder()
            .maximumSize(capacity)
            .executor(Runnable::run)
            .removalListener(this::onRemoval)
            .build();
  }

  private void onRemoval(@Nullable K key, @Nullable Slot<K> slot, RemovalCause cause) {
    if (cause.wasEvicted()) {
      evictions.increment();
    }
    if (slot != null) {
      release(slot);
    }
  }

  /// The slots of these keys, computed where they were not cached. The caller closes the lease when
  /// nobody reads the slots any more.
  Lease<K> lease(List<K> keys, Call call) {
    List<@Nullable Slot<K>> held = new ArrayList<>(keys.size());
    Owned<K, R> owned = new Owned<>();
    boolean leased = false;
    try {
      boolean complete = holdCached(keys, held);
      if (!complete) {
        holdMissing(keys, held, owned);
        compute(owned);
      }
      for (Slot<K> slot : held) {
        if (slot != null) {
          slot.await(call, what);
        }
      }
      leased = true;
      return new Lease<>(this, held);
    } catch (Throwable e) {
      abandon(owned.slots, e);
      throw e;
    } finally {
      if (!leased) {
        release(held);
      }
    }
  }

  /// Holds what is cached and leaves null where nothing is; whether everything was cached.
  private boolean holdCached(List<K> keys, List<@Nullable Slot<K>> held) {
    int found = 0;
    for (K key : keys) {
      Slot<K> cached = entries.getIfPresent(key);
      if (cached != null && cached.holders.retain()) {
        held.add(cached);
        found++;
      } else {
        held.add(null);
      }
    }
    hits.add(found);
    return found == keys.size();
  }

  /// Reads what is missing at once and leaves null only where nothing is known.
  private void holdMissing(List<K> keys, List<@Nullable Slot<K>> held, Owned<K, R> owned) {
    List<K> missing = new ArrayList<>();
    for (int i = 0; i < held.size(); i++) {
      if (held.get(i) == null) {
        missing.add(keys.get(i));
      }
    }
    long modifications = source.modifications();
    List<@Nullable R> known = source.read(missing);
    int unknownKeys = 0;
    int next = 0;
    for (int i = 0; i < held.size(); i++) {
      if (held.get(i) == null) {
        R record = known.get(next++);
        if (record == null) {
          unknownKeys++;
        } else {
          held.set(i, holdOrPublish(keys.get(i), record, modifications, owned));
        }
      }
    }
    unknown.add(unknownKeys);
  }

  private Slot<K> holdOrPublish(K key, R record, long modifications, Owned<K, R> owned) {
    while (true) {
      Slot<K> other = entries.getIfPresent(key);
      if (other == null) {
        // Held by the cache and by this call.
        Slot<K> mine = new Slot<>(key, takeSlot(), 2);
        other = entries.asMap().putIfAbsent(key, mine);
        if (other == null) {
          misses.increment();
          owned.slots.add(mine);
          owned.known.add(record);
          if (source.modifications() != modifications) {
            entries.asMap().remove(key, mine);
          }
          return mine;
        }
        pool.give(mine.number);
      }
      if (other.holders.retain()) {
        hits.increment();
        return other;
      }
    }
  }

  /// There is a slot for every call that keeps to its bound. It may be missing for a moment: the
  /// cache is over its bound until its pending evictions have run, and another call may be faster.
  private int takeSlot() {
    int slot = pool.take();
    for (int attempt = 0; slot < 0 && attempt < TAKE_ATTEMPTS; attempt++) {
      entries.cleanUp();
      slot = pool.take();
      if (slot < 0) {
        // Whoever is about to give one back may have been interrupted by this thread.
        LockSupport.parkNanos(TAKE_PAUSE_NANOS);
      }
    }
    if (slot < 0) {
      throw new RequestException(
          ErrorCode.RESOURCE_EXHAUSTED,
          "all " + what + " slots are named by calls in flight; raise " + capacityKey);
    }
    return slot;
  }

  private void compute(Owned<K, R> owned) {
    for (int from = 0; from < owned.slots.size(); from += COMPUTE_BATCH) {
      int to = Math.min(owned.slots.size(), from + COMPUTE_BATCH);
      List<Slot<K>> batch = owned.slots.subList(from, to);
      source.compute(
          batch.stream().mapToInt(slot -> slot.number).toArray(),
          batch.stream().map(slot -> slot.key).toList(),
          owned.known.subList(from, to));
      batch.forEach(Slot::complete);
    }
  }

  /// Nobody may find an entry whose state was never put into its slot.
  private void abandon(List<Slot<K>> owned, Throwable cause) {
    for (Slot<K> slot : owned) {
      if (!slot.isLoaded()) {
        entries.asMap().remove(slot.key, slot);
        slot.fail(cause);
      }
    }
  }

  /// Forgets a key's state; calls in flight keep the one that they have.
  void invalidate(K key) {
    entries.invalidate(key);
  }

  void release(List<@Nullable Slot<K>> held) {
    for (Slot<K> slot : held) {
      if (slot != null) {
        release(slot);
      }
    }
  }

  private void release(Slot<K> slot) {
    if (slot.holders.release()) {
      pool.give(slot.number);
    }
  }

  public long cached() {
    return entries.estimatedSize();
  }

  public int freeSlots() {
    return pool.available();
  }

  public long hits() {
    return hits.sum();
  }

  public long misses() {
    return misses.sum();
  }

  public long unknown() {
    return unknown.sum();
  }

  public long evictions() {
    return evictions.sum();
  }
}
