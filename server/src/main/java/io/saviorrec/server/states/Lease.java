package io.saviorrec.server.states;

import org.jspecify.annotations.Nullable;

/// The slots that one call names; none of them is given to another key before [#close].
///
/// Concurrency: one thread at a time looks up with it; any thread may close it.
final class Lease implements AutoCloseable {
  private static final long NOT_READING = Long.MAX_VALUE;

  private final Leases leases;
  private volatile long readingSince = NOT_READING;
  private volatile @Nullable Named named;

  /// Slots that were found by one look-up, and by those before it.
  @SuppressWarnings("ArrayRecordComponent") // read in place
  record Named(int[] slots, @Nullable Named earlier) {}

  Lease(Leases leases) {
    this.leases = leases;
  }

  void beginReading(long epoch) {
    readingSince = epoch;
  }

  /// @param slots what was found; whoever holds the table's lock may see later writes to it
  void endReading(int[] slots) {
    named = new Named(slots, named);
    readingSince = NOT_READING;
  }

  /// The epoch in which the look-up began that is under way; later than all when there is none.
  long readingSince() {
    return readingSince;
  }

  @Nullable Named named() {
    return named;
  }

  /// Gives the slots back, once however often it is called.
  @Override
  public void close() {
    leases.close(this);
  }
}
