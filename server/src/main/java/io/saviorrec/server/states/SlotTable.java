package io.saviorrec.server.states;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import io.saviorrec.contract.RankerContract;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Which key's state lies in which slot of a table, bounded by a cache.
///
/// Slots: slot 0 is that of every key of which nothing is known, for ever. The others are in the
/// index, free, or retired: a slot that left the index is used again only when no [Lease] that is
/// open names it, so eviction never takes a slot from under a call. There are more slots than the
/// cache has entries, by as many as the calls in flight can name.
///
/// Looking up takes no lock, counts nothing and makes no objects but one array: [SlotIndex] is read
/// as it is, and what a call found stays where it is until the lease ends ([Leases]).
///
/// Eviction: Caffeine decides. It is told of every entry that is put, and of a sample of those that
/// are found.
///
/// Single flight: whoever links a slot computes its state; others that find it wait for that. A
/// call computes all of its own before it waits, so two calls cannot wait for each other.
///
/// Freshness: what is new is first readable, then makes what was read before no longer current,
/// then is invalidated here. A state that is no longer current is never linked: the call that
/// computes it has used what was true when it began, and nobody else will.
///
/// @param <B> a batch of keys
public final class SlotTable<B> {
  private static final int COMPUTE_BATCH = 256;
  private static final int TAKE_ATTEMPTS = 200;
  private static final long TAKE_PAUSE_NANOS = 10_000;
  private static final VarHandle BYTES = MethodHandles.arrayElementVarHandle(byte[].class);
  private static final VarHandle ENTRIES = MethodHandles.arrayElementVarHandle(Entry[].class);

  private final String what;
  private final String capacityKey;
  private final StateSource<B> source;
  private final int sampleEvery;
  private final Leases leases = new Leases();
  private final SlotIndex<B> index;

  /// Held while the index and the pool change; never while Caffeine is called, which calls back.
  private final Object lock = new Object();

  private final SlotPool pool;

  /// By slot, since it was last linked.
  private final @Nullable Entry[] entries;

  /// By slot: 1 once its state is computed. Whoever reads that reads the state too.
  private final byte[] loaded;

  private final Cache<Entry, Entry> policy;
  private final LongAdder hits = new LongAdder();
  private final LongAdder misses = new LongAdder();
  private final LongAdder unknown = new LongAdder();
  private final LongAdder evictions = new LongAdder();

  /// What one call does about keys that were not found.
  private final class Misses {
    final int[] slots;
    final int[] places;
    final B missing;
    final StateSource.Findings findings;

    /// Slots that this call computes, which of the missing keys they are, and what is linked.
    final int[] ownSlots;

    final int[] ownPlaces;
    final List<Entry> owned = new ArrayList<>();
    final List<Entry> stale = new ArrayList<>();
    int own;
    int told;
    Loading loading = new Loading();

    Misses(B keys, int[] slots, int[] places) {
      this.slots = slots;
      this.places = places;
      this.missing = source.select(keys, places);
      this.findings = source.read(missing);
      this.ownSlots = new int[places.length];
      this.ownPlaces = new int[places.length];
    }
  }

  /// A table of which every slot but 0 is free.
  ///
  /// @param what the kind of key, for errors
  /// @param capacityKey the setting of the capacity, for errors
  /// @param capacity states kept
  /// @param slotCount rows of the table, slot 0 included
  /// @param sampleEvery of how many keys that are found the cache is told one
  SlotTable(
      String what,
      String capacityKey,
      int capacity,
      int slotCount,
      int sampleEvery,
      StateSource<B> source) {
    this.what = what;
    this.capacityKey = capacityKey;
    this.source = source;
    this.sampleEvery = sampleEvery;
    this.index = new SlotIndex<>(source, slotCount);
    this.pool = new SlotPool(leases, RankerContract.UNKNOWN_SLOT + 1, slotCount);
    this.entries = new Entry[slotCount];
    this.loaded = new byte[slotCount];
    this.policy =
        Caffeine.newBuilder()
            .maximumSize(capacity)
            .executor(Runnable::run)
            .removalListener(this::onRemoval)
            .build();
  }

  private void onRemoval(@Nullable Entry entry, @Nullable Entry same, RemovalCause cause) {
    if (cause.wasEvicted()) {
      evictions.increment();
    }
    if (entry != null) {
      synchronized (lock) {
        unlink(entry);
      }
    }
  }

  /// A lease that names nothing yet. The caller closes it when nobody reads the slots any more.
  Lease open() {
    return leases.open();
  }

  /// The slots of these keys, computed where they were not cached; 0 where nothing is known.
  ///
  /// @param lease names them from now on
  int[] slots(B keys, Lease lease, Call call) {
    int[] slots = new int[source.size(keys)];
    int ready = find(keys, slots, lease);
    if (ready < slots.length) {
      int[] missing = missing(slots);
      if (missing.length > 0) {
        add(new Misses(keys, slots, missing));
      }
      awaitOthers(keys, slots, call);
    }
    return slots;
  }

  /// Finds what is there, computed or not, and leaves 0 where nothing is.
  ///
  /// @return how many are there and computed
  private int find(B keys, int[] slots, Lease lease) {
    int found = 0;
    int ready = 0;
    leases.beginReading(lease);
    try {
      for (int i = 0; i < slots.length; i++) {
        int slot = index.find(keys, i, source.hash(keys, i));
        if (slot != RankerContract.UNKNOWN_SLOT && source.fresh(slot)) {
          slots[i] = slot;
          found++;
          ready += isLoaded(slot) ? 1 : 0;
        }
      }
    } finally {
      lease.endReading(slots);
    }
    hits.add(found);
    record(slots);
    return ready;
  }

  /// Tells the cache of some of the keys that were found.
  private void record(int[] slots) {
    int first = sampleEvery == 1 ? 0 : ThreadLocalRandom.current().nextInt(sampleEvery);
    for (int i = first; i < slots.length; i += sampleEvery) {
      Entry entry = entries[slots[i]];
      if (entry != null) {
        var _ = policy.getIfPresent(entry);
      }
    }
  }

  private static int[] missing(int[] slots) {
    int[] places = new int[slots.length];
    int count = 0;
    for (int i = 0; i < slots.length; i++) {
      if (slots[i] == RankerContract.UNKNOWN_SLOT) {
        places[count++] = i;
      }
    }
    return Arrays.copyOf(places, count);
  }

  private void add(Misses misses) {
    try {
      for (int at = link(misses, 0), attempt = 0; at < misses.places.length; attempt++) {
        // There is a slot for every call that keeps to its bound. It may be missing for a moment:
        // the cache is over its bound until its pending evictions have run, and another call may be
        // faster, or be about to end.
        if (attempt == TAKE_ATTEMPTS) {
          throw new RequestException(
              ErrorCode.RESOURCE_EXHAUSTED,
              "all " + what + " slots are named by calls in flight; raise " + capacityKey);
        }
        tell(misses);
        policy.cleanUp();
        LockSupport.parkNanos(TAKE_PAUSE_NANOS);
        at = link(misses, at);
      }
      tell(misses);
      compute(misses);
    } catch (Throwable e) {
      abandon(misses, e);
      throw e;
    }
  }

  /// Gives slots to the missing keys from this place on that nobody else has linked meanwhile.
  ///
  /// @return the place at which no slot was free, or the end
  private int link(Misses misses, int from) {
    int found = 0;
    int unknownKeys = 0;
    int own = misses.own;
    int place = from;
    synchronized (lock) {
      for (; place < misses.places.length; place++) {
        if (!misses.findings.known(place)) {
          unknownKeys++;
          continue;
        }
        int hash = source.hash(misses.missing, place);
        int slot = index.find(misses.missing, place, hash);
        if (slot != RankerContract.UNKNOWN_SLOT && source.fresh(slot)) {
          found++;
        } else {
          if (slot != RankerContract.UNKNOWN_SLOT) {
            Entry old = entry(slot);
            unlink(old);
            misses.stale.add(old);
          }
          slot = pool.take();
          if (slot == SlotPool.NONE) {
            break;
          }
          own(misses, place, slot, hash);
        }
        misses.slots[misses.places[place]] = slot;
      }
    }
    hits.add(found);
    unknown.add(unknownKeys);
    this.misses.add(misses.own - own);
    return place;
  }

  /// Under the lock.
  private void own(Misses misses, int place, int slot, int hash) {
    if (misses.own > 0 && misses.own % COMPUTE_BATCH == 0) {
      misses.loading = new Loading();
    }
    Entry entry = new Entry(slot, hash, misses.loading);
    misses.ownSlots[misses.own] = slot;
    misses.ownPlaces[misses.own++] = place;
    BYTES.setRelease(loaded, slot, (byte) 0);
    source.assign(slot, misses.missing, place);
    ENTRIES.setRelease(entries, slot, entry);
    if (misses.findings.current(place)) {
      entry.linked = true;
      index.link(slot, hash);
      misses.owned.add(entry);
    } else {
      // This call's alone: it is free as soon as the call has ended.
      pool.retire(slot);
    }
  }

  /// Under the lock.
  private void unlink(Entry entry) {
    if (entry.linked) {
      entry.linked = false;
      index.unlink(entry.slot, entry.hash);
      pool.retire(entry.slot);
    }
  }

  /// Tells the cache what was linked and what was found stale, outside of the lock. What it drops
  /// for that, or what left the index meanwhile, it has no more afterwards.
  private void tell(Misses misses) {
    misses.stale.forEach(policy::invalidate);
    misses.stale.clear();
    for (; misses.told < misses.owned.size(); misses.told++) {
      Entry entry = misses.owned.get(misses.told);
      policy.put(entry, entry);
      if (!entry.linked) {
        policy.invalidate(entry);
      }
    }
  }

  private void compute(Misses misses) {
    for (int from = 0; from < misses.own; from += COMPUTE_BATCH) {
      int to = Math.min(misses.own, from + COMPUTE_BATCH);
      misses.findings.compute(
          Arrays.copyOfRange(misses.ownSlots, from, to),
          Arrays.copyOfRange(misses.ownPlaces, from, to));
      for (int i = from; i < to; i++) {
        BYTES.setRelease(loaded, misses.ownSlots[i], (byte) 1);
      }
      entry(misses.ownSlots[from]).loading.complete();
    }
  }

  /// Nobody may find an entry whose state was never put into its slot.
  private void abandon(Misses misses, Throwable cause) {
    for (int i = 0; i < misses.own; i++) {
      Entry entry = entry(misses.ownSlots[i]);
      if (!isLoaded(entry.slot)) {
        synchronized (lock) {
          unlink(entry);
        }
        policy.invalidate(entry);
        entry.loading.fail(cause);
      }
    }
  }

  private void awaitOthers(B keys, int[] slots, Call call) {
    for (int i = 0; i < slots.length; i++) {
      if (slots[i] != RankerContract.UNKNOWN_SLOT && !isLoaded(slots[i])) {
        int place = i;
        entry(slots[i]).loading.await(call, () -> source.describe(keys, place));
      }
    }
  }

  /// Forgets the state of the first of these keys; calls in flight keep the one that they have.
  void invalidate(B keys) {
    Entry entry = null;
    synchronized (lock) {
      int slot = index.find(keys, 0, source.hash(keys, 0));
      if (slot != RankerContract.UNKNOWN_SLOT) {
        entry = entry(slot);
        unlink(entry);
      }
    }
    if (entry != null) {
      policy.invalidate(entry);
    }
  }

  /// Lets a lease name a slot too, if it belongs to a key whose state is computed and cached.
  boolean hold(int slot, Lease lease) {
    leases.beginReading(lease);
    Entry entry = (Entry) ENTRIES.getAcquire(entries, slot);
    boolean held = entry != null && entry.linked && isLoaded(slot);
    lease.endReading(held ? new int[] {slot} : new int[0]);
    return held;
  }

  /// Whether the slot belongs to a key at this moment.
  boolean isCached(int slot) {
    Entry entry = (Entry) ENTRIES.getAcquire(entries, slot);
    return entry != null && entry.linked;
  }

  private boolean isLoaded(int slot) {
    return (byte) BYTES.getAcquire(loaded, slot) != 0;
  }

  /// The entry of a slot that is named, or in the index under the lock.
  private Entry entry(int slot) {
    Entry entry = (Entry) ENTRIES.getAcquire(entries, slot);
    if (entry == null) {
      throw new IllegalStateException("slot " + slot + " never belonged to a " + what);
    }
    return entry;
  }

  public long cached() {
    return policy.estimatedSize();
  }

  /// Slots that are not in the cache and that no call names.
  public int freeSlots() {
    synchronized (lock) {
      return pool.available();
    }
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
