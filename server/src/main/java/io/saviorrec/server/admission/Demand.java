package io.saviorrec.server.admission;

import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.Priority;
import io.saviorrec.server.request.RequestException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/// What a piece of work asks of those that run it.
///
/// @param expectedNanos what it should take when it runs alone; 0 when that is not known
/// @param queuedNanos what it adds to the wait of those behind it: less, where it runs with others
/// @param neededNanos what it takes at least: with no more time left it is not begun
/// @param ran is told how long it took when it ran alone
public record Demand(
    Priority priority, long expectedNanos, long queuedNanos, long neededNanos, LongConsumer ran) {

  /// Work that runs alone.
  public Demand(Priority priority, long expectedNanos, long neededNanos, LongConsumer ran) {
    this(priority, expectedNanos, expectedNanos, neededNanos, ran);
  }

  /// Work that takes no time to speak of.
  public static Demand light() {
    return new Demand(Priority.NORMAL, 0, 0, nanos -> {});
  }

  /// Work that is begun as long as anybody waits for it, as its time depends on more than its size.
  public static Demand unbounded(Priority priority, ComputeEstimate estimate, int parts) {
    return new Demand(
        priority, estimate.predictNanos(parts), 0, nanos -> estimate.observe(parts, nanos));
  }

  /// Work that is of no use when it cannot end before its call does.
  ///
  /// @throws RequestException DEADLINE_EXCEEDED when it could not, even if it ran at once
  public static Demand within(Call call, Priority priority, ComputeEstimate estimate, int parts) {
    return within(call, priority, estimate, parts, parts);
  }

  /// The same, of work that runs with others of its kind when more of it waits.
  ///
  /// @param runParts the most parts that run together, where work does not have more by itself
  /// @throws RequestException DEADLINE_EXCEEDED when it could not, even if it ran at once
  public static Demand within(
      Call call, Priority priority, ComputeEstimate estimate, int parts, int runParts) {
    call.check();
    long expected = estimate.predictNanos(parts);
    long queued = estimate.predictSharedNanos(parts, Math.max(parts, runParts));
    LongConsumer ran = nanos -> estimate.observe(parts, nanos);
    long remaining = call.remainingNanos();
    if (expected < remaining) {
      return new Demand(priority, expected, queued, expected, ran);
    }
    if (estimate.doubtful()) {
      return new Demand(priority, expected, queued, 0, ran);
    }
    throw tooLate(expected, remaining);
  }

  /// Fails when the call has ended, or ends too early for the work to be begun.
  public void requireTime(Call call) {
    call.check();
    long remaining = call.remainingNanos();
    if (remaining <= neededNanos) {
      throw tooLate(neededNanos, remaining);
    }
  }

  private static RequestException tooLate(long takesNanos, long remainingNanos) {
    return new RequestException(
        ErrorCode.DEADLINE_EXCEEDED,
        "the answer takes about "
            + TimeUnit.NANOSECONDS.toMicros(takesNanos)
            + " us and the deadline is in "
            + TimeUnit.NANOSECONDS.toMicros(remainingNanos)
            + " us");
  }
}
