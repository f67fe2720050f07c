package io.saviorrec.server.states;

import java.lang.invoke.VarHandle;
import java.util.BitSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// The leases of a table that are open, and what they name: by that a slot is known to be free, and
/// nothing is counted when a call finds it.
/*
 * A look-up notes the epoch in which it begins, then reads, then publishes what it found as named. A
 * slot is taken out of the index first and then retired with the number of the epoch, which ends by
 * that. So a look-up of a later epoch cannot have found the slot; one of the same or an earlier
 * epoch may have, until it ends; and what ended before names it if it found it. A full fence on
 * each side, between noting and reading and between taking out and looking at the notes, makes sure
 * that one of the two sees the other.
 */
final class Leases {
  private final Set<Lease> open = ConcurrentHashMap.newKeySet();
  private volatile long epoch;

  Lease open() {
    Lease lease = new Lease(this);
    open.add(lease);
    return lease;
  }

  void close(Lease lease) {
    open.remove(lease);
  }

  /// Whoever reads slots for the lease does so between this and [Lease#endReading].
  void beginReading(Lease lease) {
    lease.beginReading(epoch);
    VarHandle.fullFence();
  }

  /// Ends an epoch after a slot was taken out of the index, and gives its number. Under the table's
  /// lock.
  @SuppressWarnings("NonAtomicVolatileUpdate") // written under the table's lock
  long endEpoch() {
    return epoch++;
  }

  /// Sets the bit of each slot that an open lease names.
  ///
  /// @return the epoch of the oldest look-up under way: what was retired before it, and is not
  ///   named, is free
  long named(BitSet slots) {
    VarHandle.fullFence();
    long oldest = Long.MAX_VALUE;
    for (Lease lease : open) {
      // First this: what was found before is named by then.
      oldest = Math.min(oldest, lease.readingSince());
      for (Lease.Named named = lease.named(); named != null; named = named.earlier()) {
        for (int slot : named.slots()) {
          slots.set(slot);
        }
      }
    }
    return oldest;
  }
}
