package io.saviorrec.server.states;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;

/// Keys that are numbers, and states that are the number and a version of all numbers.
final class Numbers implements StateSource<long[]> {
  static final long VERSION = 1000;

  private final AtomicLongArray states;
  private final LongSupplier version;
  private final Changes changes = new Changes(2);
  private final long[] keys;

  /// @param states the table: number plus version times [#VERSION]
  /// @param version what is true now
  Numbers(AtomicLongArray states, LongSupplier version) {
    this.states = states;
    this.version = version;
    this.keys = new long[states.length()];
  }

  Changes changes() {
    return changes;
  }

  @Override
  public int size(long[] batch) {
    return batch.length;
  }

  /// All in one chain.
  @Override
  public int hash(long[] batch, int place) {
    return 0;
  }

  @Override
  public boolean holds(int slot, long[] batch, int place) {
    return keys[slot] == batch[place];
  }

  @Override
  public void assign(int slot, long[] batch, int place) {
    keys[slot] = batch[place];
  }

  @Override
  public boolean fresh(int slot) {
    return true;
  }

  @Override
  public long[] select(long[] batch, int[] places) {
    long[] selected = new long[places.length];
    for (int i = 0; i < places.length; i++) {
      selected[i] = batch[places[i]];
    }
    return selected;
  }

  @Override
  public String describe(long[] batch, int place) {
    return "number " + batch[place];
  }

  @Override
  public Findings read(long[] batch) {
    long time = changes.now();
    long read = version.getAsLong();
    return new Findings() {
      @Override
      public boolean known(int place) {
        return true;
      }

      @Override
      public boolean current(int place) {
        return !changes.changedSince(batch[place], time);
      }

      @Override
      public void compute(int[] slots, int[] places) {
        for (int i = 0; i < slots.length; i++) {
          states.set(slots[i], batch[places[i]] + VERSION * read);
        }
      }
    };
  }
}
