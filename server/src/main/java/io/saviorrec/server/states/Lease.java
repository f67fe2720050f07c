package io.saviorrec.server.states;

import io.saviorrec.contract.RankerContract;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// The slots that one call names; none of them is given to another key before [#close].
final class Lease<K> implements AutoCloseable {
  private final SlotTable<K, ?> table;
  private final List<@Nullable Slot<K>> slots;
  private final AtomicBoolean closed = new AtomicBoolean();

  /// @param slots null: a key of which nothing is known
  Lease(SlotTable<K, ?> table, List<@Nullable Slot<K>> slots) {
    this.table = table;
    this.slots = slots;
  }

  int size() {
    return slots.size();
  }

  /// The slot of the key at this place.
  int slot(int place) {
    Slot<K> slot = slots.get(place);
    return slot == null ? RankerContract.UNKNOWN_SLOT : slot.number;
  }

  /// Gives the slots back, once however often it is called.
  @Override
  public void close() {
    if (!closed.getAndSet(true)) {
      table.release(slots);
    }
  }
}
