package io.saviorrec.server.states;

import io.saviorrec.contract.RankerContract;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.server.engine.ModelEngine;
import io.saviorrec.server.request.Call;
import java.util.Arrays;
import java.util.stream.IntStream;

/// The item states of one model: a [SlotTable] over the engine's table of items, whose slot 0 holds
/// the unknown item; the engine put it there.
final class ItemStates {
  private static final int SAMPLE_EVERY = 16;

  private final ModelEngine engine;
  private final KnownItems items;
  private final Changes changes;
  private final Source source;
  private final SlotTable<long[]> table;

  /// Where the item in a slot is known from. Written before the slot's state is complete and read
  /// by those who hold the slot after it, so the slot's completion orders the two.
  private final ScoreSource[] sources;

  /// An empty table but for the unknown item.
  ///
  /// @param changes of items
  /// @param capacity item states kept
  /// @param slotCount rows of the engine's table
  ItemStates(ModelEngine engine, KnownItems items, Changes changes, int capacity, int slotCount) {
    this.engine = engine;
    this.items = items;
    this.changes = changes;
    this.sources = new ScoreSource[slotCount];
    Arrays.fill(sources, ScoreSource.UNKNOWN_ITEM);
    this.source = new Source(slotCount);
    this.table =
        new SlotTable<>("item", "items.stateCapacity", capacity, slotCount, SAMPLE_EVERY, source);
  }

  Lease open() {
    return table.open();
  }

  /// The slots of these items, computed where they were not cached; 0 for unknown ones.
  int[] slots(long[] itemIds, Lease lease, Call call) {
    return table.slots(itemIds, lease, call);
  }

  /// The items whose states are cached, in no order. One that comes or goes meanwhile may be among
  /// them or not.
  long[] cached() {
    return IntStream.range(RankerContract.UNKNOWN_SLOT + 1, sources.length)
        .filter(table::isCached)
        .mapToLong(slot -> source.ids[slot])
        .toArray();
  }

  ScoreSource source(int slot) {
    return sources[slot];
  }

  /// Forgets an item's state; calls in flight keep the one that they have.
  void invalidate(long itemId) {
    table.invalidate(new long[] {itemId});
  }

  SlotTable<long[]> table() {
    return table;
  }

  private final class Source implements StateSource<long[]> {
    /// By slot.
    private final long[] ids;

    Source(int slotCount) {
      this.ids = new long[slotCount];
    }

    @Override
    public int size(long[] itemIds) {
      return itemIds.length;
    }

    @Override
    public int hash(long[] itemIds, int place) {
      return Hash.of(itemIds[place]);
    }

    @Override
    public boolean holds(int slot, long[] itemIds, int place) {
      return ids[slot] == itemIds[place];
    }

    @Override
    public void assign(int slot, long[] itemIds, int place) {
      ids[slot] = itemIds[place];
    }

    /// What changes is invalidated.
    @Override
    public boolean fresh(int slot) {
      return true;
    }

    @Override
    public long[] select(long[] itemIds, int[] places) {
      long[] selected = new long[places.length];
      for (int i = 0; i < places.length; i++) {
        selected[i] = itemIds[places[i]];
      }
      return selected;
    }

    @Override
    public String describe(long[] itemIds, int place) {
      return "item " + itemIds[place];
    }

    @Override
    public Findings read(long[] itemIds) {
      long time = changes.now();
      return new ItemFindings(items.find(itemIds), time);
    }
  }

  private final class ItemFindings implements StateSource.Findings {
    private final KnownBatch known;
    private final long time;

    ItemFindings(KnownBatch known, long time) {
      this.known = known;
      this.time = time;
    }

    @Override
    public boolean known(int place) {
      return known.known(place);
    }

    @Override
    public boolean current(int place) {
      return !changes.changedSince(known.items().itemIds()[place], time);
    }

    @Override
    public void compute(int[] slots, int[] places) {
      for (int i = 0; i < slots.length; i++) {
        sources[slots[i]] = known.sources()[places[i]];
      }
      engine.putItems(slots, known.select(places));
    }
  }

  /// The slots of known items among those of a stretch of places.
  static int[] known(int[] slots, int from, int to) {
    int[] known = new int[to - from];
    int count = 0;
    for (int i = from; i < to; i++) {
      if (slots[i] != RankerContract.UNKNOWN_SLOT) {
        known[count++] = slots[i];
      }
    }
    return count == known.length ? known : Arrays.copyOf(known, count);
  }
}
