package io.saviorrec.server.admission;

import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.Priority;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// How much of a queue each caller holds, and how many callers there are: those that hold something
/// or came within the last second, whether they were taken on or not. The server's own calls are
/// none.
///
/// It is used under the lock of its [Admission].
final class CallerShares {
  private static final long RECENT_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Map<Object, Held> callers = new HashMap<>();
  private final Held own = new Held();
  private long forgotNanos;

  /// What one caller holds.
  static final class Held {
    private final int[] places = new int[Priority.COUNT];
    private final long[] nanos = new long[Priority.COUNT];
    private int all;
    private long cameNanos;

    void add(Demand demand) {
      all++;
      places[demand.priority().rank()]++;
      nanos[demand.priority().rank()] += demand.queuedNanos();
    }

    void remove(Demand demand) {
      all--;
      places[demand.priority().rank()]--;
      nanos[demand.priority().rank()] -= demand.queuedNanos();
    }

    /// Places of work that goes before such of this priority.
    int places(Priority priority) {
      int before = 0;
      for (int rank = 0; rank <= priority.rank(); rank++) {
        before += places[rank];
      }
      return before;
    }

    /// What that work should take.
    long nanos(Priority priority) {
      long before = 0;
      for (int rank = 0; rank <= priority.rank(); rank++) {
        before += nanos[rank];
      }
      return before;
    }
  }

  CallerShares(long now) {
    this.forgotNanos = now;
  }

  /// A caller that comes now.
  Held of(Object caller, long now) {
    if (caller.equals(Call.OWN)) {
      return own;
    }
    if (now - forgotNanos > RECENT_NANOS) {
      callers.values().removeIf(held -> held.all == 0 && now - held.cameNanos > RECENT_NANOS);
      forgotNanos = now;
    }
    Held held = callers.computeIfAbsent(caller, _ -> new Held());
    held.cameNanos = now;
    return held;
  }

  int callers() {
    return Math.max(1, callers.size());
  }
}
