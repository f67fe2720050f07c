package io.saviorrec.server.admission;

import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.Priority;
import io.saviorrec.server.request.RequestException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/// What a piece of work asks of those that run it.
///
/// @param expectedNanos what it should take; 0 when that is not known
/// @param neededNanos what it takes at least: with no more time left it is not begun
/// @param ran is told how long it took
public record Demand(Priority priority, long expectedNanos, long neededNanos, LongConsumer ran) {

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
    call.check();
    Demand whole = unbounded(priority, estimate, parts);
    long remaining = call.remainingNanos();
    if (whole.expectedNanos < remaining) {
      return new Demand(priority, whole.expectedNanos, whole.expectedNanos, whole.ran);
    }
    if (estimate.doubtful()) {
      return whole;
    }
    throw tooLate(whole.expectedNanos, remaining);
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
