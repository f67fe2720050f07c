package io.saviorrec.server.admission;

import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// The memory that calls may hold, from their first byte to the last of their answer, in bytes.
///
/// Every peer has a [Share] of it, so that none takes all; every call has a [Reservation], which
/// grows as the call's data does and is given back as a whole. What does not fit is refused at once
/// with RESOURCE_EXHAUSTED.
public final class ByteBudget {
  private static final int UNCOUNTED = 8;

  private final long capacity;
  private final long shareCapacity;
  private final AtomicLong used = new AtomicLong();

  /// @param capacity the most that all calls hold
  /// @param shareCapacity the most that the calls of one peer hold
  public ByteBudget(long capacity, long shareCapacity) {
    this.capacity = capacity;
    this.shareCapacity = shareCapacity;
  }

  /// A part for a peer that holds nothing yet.
  public Share share() {
    return new Share();
  }

  public long capacity() {
    return capacity;
  }

  /// Bytes that calls hold now.
  public long used() {
    return used.get();
  }

  private static boolean take(AtomicLong from, long bytes, long most) {
    while (true) {
      long now = from.get();
      if (bytes > most - now) {
        return false;
      }
      if (from.compareAndSet(now, now + bytes)) {
        return true;
      }
    }
  }

  /// What one peer may hold.
  public final class Share {
    private final AtomicLong held = new AtomicLong();
    private final AtomicInteger uncounted = new AtomicInteger();

    private Share() {}

    /// Lets a call in that holds next to nothing and must be answered when there is no memory for
    /// others; [#leave] lets it out.
    ///
    /// @throws RequestException RESOURCE_EXHAUSTED when the peer has many of them
    public void enter() {
      if (uncounted.incrementAndGet() > UNCOUNTED) {
        uncounted.decrementAndGet();
        throw new RequestException(
            ErrorCode.RESOURCE_EXHAUSTED,
            UNCOUNTED + " health checks are open on this connection already");
      }
    }

    /// A call that [#enter] let in is over.
    public void leave() {
      uncounted.decrementAndGet();
    }

    /// For a call that holds nothing yet.
    public Reservation reservation() {
      return new Reservation(this);
    }
  }

  /// What one call holds. Threads may use it at one time.
  public final class Reservation implements AutoCloseable {
    private final Share share;
    private long bytes;
    private boolean closed;

    private Reservation(Share share) {
      this.share = share;
    }

    /// Takes more; after [#close] nothing, as the call is over and what it makes is garbage.
    ///
    /// @throws RequestException RESOURCE_EXHAUSTED when there is not as much left; what it has it
    ///   keeps
    public synchronized void grow(long more) {
      if (closed) {
        return;
      }
      if (!take(share.held, more, shareCapacity)) {
        throw new RequestException(
            ErrorCode.RESOURCE_EXHAUSTED,
            "calls of this connection hold limits.connectionBytes = " + shareCapacity + " already");
      }
      if (!take(used, more, capacity)) {
        share.held.addAndGet(-more);
        throw new RequestException(
            ErrorCode.RESOURCE_EXHAUSTED,
            "calls hold limits.inFlightBytes = " + capacity + " already");
      }
      bytes += more;
    }

    /// Gives a part back.
    public synchronized void shrink(long less) {
      if (!closed) {
        giveBack(less);
      }
    }

    private void giveBack(long less) {
      bytes -= less;
      share.held.addAndGet(-less);
      used.addAndGet(-less);
    }

    /// Gives back what is left, once however often it is called.
    @Override
    public synchronized void close() {
      if (!closed) {
        closed = true;
        giveBack(bytes);
      }
    }
  }
}
