package io.saviorrec.server.states;

import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.server.engine.ModelEngine;
import io.saviorrec.server.request.Call;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The item states of one model: a [SlotTable] over the engine's table of items, whose slot 0 holds
/// the unknown item; the engine put it there.
public final class ItemStates {
  private final ModelEngine engine;
  private final KnownItems items;
  private final SlotTable<Long, KnownItem> table;

  /// Where the item in a slot is known from. Written before the slot's state is complete and read
  /// by those who hold the slot after it, so the slot's completion orders the two.
  private final ScoreSource[] sources;

  /// An empty table but for the unknown item.
  ///
  /// @param capacity item states kept
  /// @param slotCount rows of the engine's table
  public ItemStates(ModelEngine engine, KnownItems items, int capacity, int slotCount) {
    this.engine = engine;
    this.items = items;
    this.sources = new ScoreSource[slotCount];
    Arrays.fill(sources, ScoreSource.UNKNOWN_ITEM);
    this.table = new SlotTable<>("item", "items.stateCapacity", capacity, slotCount, new Source());
  }

  /// Rows that a table needs so that calls in flight never wait for slots.
  ///
  /// @param capacity item states kept
  /// @param calls calls that run at once
  /// @param itemsPerCall the most items that one of them names
  public static int slotsFor(int capacity, int calls, int itemsPerCall) {
    // One more for each call: an entry just published counts in the cache a moment later.
    return Math.addExact(1 + capacity, Math.multiplyExact(calls, Math.addExact(itemsPerCall, 1)));
  }

  /// The slots of these items, computed where they were not cached. The caller closes the lease
  /// when the engine no longer needs them.
  public ItemLease lease(long[] candidates, long[] history, Call call) {
    Long[] keys = new Long[candidates.length + history.length];
    for (int i = 0; i < candidates.length; i++) {
      keys[i] = candidates[i];
    }
    for (int i = 0; i < history.length; i++) {
      keys[candidates.length + i] = history[i];
    }
    return new ItemLease(table.lease(Arrays.asList(keys), call), this, candidates.length);
  }

  ScoreSource source(int slot) {
    return sources[slot];
  }

  /// Forgets an item's state; calls in flight keep the one that they have.
  public void invalidate(long itemId) {
    table.invalidate(itemId);
  }

  /// The slots, for what counts them.
  public SlotTable<Long, KnownItem> table() {
    return table;
  }

  private final class Source implements StateSource<Long, KnownItem> {
    @Override
    public long modifications() {
      return items.modifications();
    }

    @Override
    public List<@Nullable KnownItem> read(List<Long> itemIds) {
      return items.find(itemIds.stream().mapToLong(Long::longValue).toArray());
    }

    @Override
    public void compute(int[] slots, List<Long> ids, List<KnownItem> known) {
      int zDim = items.dims().zDim();
      int levels = items.dims().levels();
      int statCount = items.statCount();
      long[] itemIds = new long[slots.length];
      float[] stats = new float[slots.length * statCount];
      int featureCount = items.featureCount();
      long[] features = new long[slots.length * featureCount];
      float[] z = new float[slots.length * zDim];
      int[] codes = new int[slots.length * levels];
      for (int i = 0; i < slots.length; i++) {
        KnownItem item = known.get(i);
        sources[slots[i]] = item.source();
        itemIds[i] = ids.get(i);
        System.arraycopy(item.stats(), 0, stats, i * statCount, statCount);
        System.arraycopy(item.features(), 0, features, i * featureCount, featureCount);
        System.arraycopy(item.representation().z(), 0, z, i * zDim, zDim);
        System.arraycopy(item.representation().codes(), 0, codes, i * levels, levels);
      }
      engine.putItems(slots, new ItemBatch(itemIds, stats, features, z, codes));
    }
  }
}
