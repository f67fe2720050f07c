package io.saviorrec.server.admission;

import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/// Decides whether work is taken on: its call must still be waited for, and there must be room.
///
/// Room: as many pieces of work as can run at once, and those that may wait for them. Work that
/// finds none is refused at once with RESOURCE_EXHAUSTED.
///
/// Shutdown: after [#close] everything is refused with UNAVAILABLE; what was admitted keeps its
/// place.
public final class Admission {
  private final String name;
  private final int atOnce;
  private final int queueCapacity;
  private final AtomicInteger admitted = new AtomicInteger();
  private volatile boolean closed;

  /// A place for one piece of work, until it is given back.
  public final class Place {
    private final AtomicBoolean taken = new AtomicBoolean(true);

    private Place() {}

    /// Gives the place back, once however often it is called.
    public void giveBack() {
      if (taken.getAndSet(false)) {
        admitted.decrementAndGet();
      }
    }
  }

  /// @param name of the queue, for errors
  /// @param atOnce pieces of work that run at once
  /// @param queueCapacity pieces of work that may wait
  public Admission(String name, int atOnce, int queueCapacity) {
    this.name = name;
    this.atOnce = atOnce;
    this.queueCapacity = queueCapacity;
  }

  /// A place for a call's work.
  ///
  /// @throws RequestException saying why there is none
  public Place admit(Call call) {
    call.check();
    while (true) {
      int now = admitted.get();
      requireRoom(now);
      if (admitted.compareAndSet(now, now + 1)) {
        return new Place();
      }
    }
  }

  /// Fails as [#admit] would when there is no room, so that a request can be refused before it is
  /// decoded.
  public void requireRoom() {
    requireRoom(admitted.get());
  }

  private void requireRoom(int now) {
    if (closed) {
      throw new RequestException(ErrorCode.UNAVAILABLE, "the server is shutting down");
    }
    if (now >= limit()) {
      throw new RequestException(
          ErrorCode.RESOURCE_EXHAUSTED,
          "the " + name + " queue is full: " + queueCapacity + " requests wait already");
    }
  }

  /// The most pieces of work that are admitted at one time.
  public int limit() {
    return atOnce + queueCapacity;
  }

  /// Pieces of work that run at once.
  public int atOnce() {
    return atOnce;
  }

  /// Admits nothing from now on.
  public void close() {
    closed = true;
  }
}
