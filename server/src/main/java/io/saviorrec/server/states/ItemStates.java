package io.saviorrec.server.states;

import io.saviorrec.contract.RankerContract;
import io.saviorrec.proto.v1.ScoreSource;
import io.saviorrec.server.engine.ModelEngine;
import io.saviorrec.server.request.Call;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The item states of one model: a [SlotTable] over the engine's table of items, whose slot 0 holds
/// the unknown item; the engine put it there. What stands for unknown items of which a request says
/// something has slots like items do.
final class ItemStates {
  private static final int SAMPLE_EVERY = 16;
  private static final int SOURCES = ScoreSource.SHARED_CATEGORY.getNumber() + 1;

  private final ModelEngine engine;
  private final KnownItems items;
  private final Changes changes;
  private final Source source;
  private final SlotTable<ItemKeys> table;

  /// What is added to the logits of a candidate with a base score and of one without, by the number
  /// of its source.
  private final float[] withBase = new float[SOURCES];

  private final float[] withoutBase = new float[SOURCES];

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
    for (ScoreSource source : ScoreSource.values()) {
      if (source != ScoreSource.UNRECOGNIZED) {
        withBase[source.getNumber()] = (float) items.fallback().shift(source, true);
        withoutBase[source.getNumber()] = (float) items.fallback().shift(source, false);
      }
    }
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
    return slots(ItemKeys.of(itemIds), lease, call);
  }

  /// The same by any keys.
  int[] slots(ItemKeys keys, Lease lease, Call call) {
    return table.slots(keys, lease, call);
  }

  /// What is added to the logits of the candidates in these slots; null: nothing.
  float @Nullable [] shifts(int[] slots, float[] pctrBase) {
    float[] found = null;
    for (int i = 0; i < slots.length; i++) {
      float[] shifts = Float.isNaN(pctrBase[i]) ? withoutBase : withBase;
      float shift = shifts[sources[slots[i]].getNumber()];
      if (shift != 0) {
        found = found == null ? new float[slots.length] : found;
        found[i] = shift;
      }
    }
    return found;
  }

  /// The items whose states are cached, in no order. One that comes or goes meanwhile may be among
  /// them or not.
  long[] cached() {
    return IntStream.range(RankerContract.UNKNOWN_SLOT + 1, sources.length)
        .filter(table::isCached)
        .mapToLong(slot -> source.ids[slot])
        .filter(id -> id != RankerContract.UNKNOWN_ITEM)
        .toArray();
  }

  ScoreSource source(int slot) {
    return sources[slot];
  }

  /// Forgets an item's state; calls in flight keep the one that they have.
  void invalidate(long itemId) {
    table.invalidate(ItemKeys.of(new long[] {itemId}));
  }

  SlotTable<ItemKeys> table() {
    return table;
  }

  private final class Source implements StateSource<ItemKeys> {
    /// By slot; of what stands for unknown items [RankerContract#UNKNOWN_ITEM], which nobody has.
    private final long[] ids;

    /// By slot: whose state it is, where that is not an item's.
    private final @Nullable ItemHint[] hints;

    Source(int slotCount) {
      this.ids = new long[slotCount];
      this.hints = new ItemHint[slotCount];
    }

    @Override
    public int size(ItemKeys keys) {
      return keys.size();
    }

    @Override
    public int hash(ItemKeys keys, int place) {
      return keys.hash(place);
    }

    @Override
    public boolean holds(int slot, ItemKeys keys, int place) {
      ItemHint hint = keys.hint(place);
      if (hint != null) {
        return hint.same(hints[slot]);
      }
      long id = keys.ids()[place];
      return ids[slot] == id && id != RankerContract.UNKNOWN_ITEM;
    }

    @Override
    public void assign(int slot, ItemKeys keys, int place) {
      ItemHint hint = keys.hint(place);
      ids[slot] = hint == null ? keys.ids()[place] : RankerContract.UNKNOWN_ITEM;
      hints[slot] = hint;
    }

    /// What changes is invalidated.
    @Override
    public boolean fresh(int slot) {
      return true;
    }

    @Override
    public ItemKeys select(ItemKeys keys, int[] places) {
      return keys.select(places);
    }

    @Override
    public String describe(ItemKeys keys, int place) {
      return "item " + keys.ids()[place];
    }

    @Override
    public Findings read(ItemKeys keys) {
      long time = changes.now();
      return new ItemFindings(keys, items.find(keys), time);
    }
  }

  private final class ItemFindings implements StateSource.Findings {
    private final ItemKeys keys;
    private final KnownBatch known;
    private final long time;

    ItemFindings(ItemKeys keys, KnownBatch known, long time) {
      this.keys = keys;
      this.known = known;
      this.time = time;
    }

    /// An unknown item with statistics is not like the one of which nothing is known.
    @Override
    public boolean known(int place) {
      ItemHint hint = keys.hint(place);
      return known.known(place) || (hint != null && !hint.isShared());
    }

    /// What a request says counts for it alone; what the bundle has of others never changes.
    @Override
    public boolean current(int place) {
      ItemHint hint = keys.hint(place);
      return hint == null ? !changes.changedSince(keys.ids()[place], time) : hint.isShared();
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
