package io.saviorrec.loadtest.measure;

import io.grpc.Status;
import io.saviorrec.loadtest.generator.Ending;
import io.saviorrec.loadtest.requests.Wire.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/// Counts what becomes of the requests of one load while it runs. Thread-safe.
///
/// A request belongs to the interval in which it was meant to be sent, so that a stall shows where
/// it began; one of the warm-up is counted for the live line alone.
final class Tally {
  /// Digits of a latency that are kept, in the whole and in an interval.
  private static final int DIGITS = 3;

  private static final int INTERVAL_DIGITS = 2;

  /// More points than that do not fit a picture.
  private static final int MOST_INTERVALS = 300;

  private static final String WRONG = "WRONG_ANSWER";

  private final long startNanos;
  private final long endNanos;
  private final long intervalNanos;
  private final Stretch[] stretches;
  private final Histogram latency = whole();
  private final Histogram lag = whole();
  private final Map<String, Long> failures = new TreeMap<>();
  private final Map<String, String> reasons = new TreeMap<>();
  private final @Nullable Slo slo;
  private final long[] over;
  private long good;
  private long degraded;
  private long failed;
  private long inTime;
  private long sent;
  private long ended;
  private long failedEver;
  private Histogram lately = interval();

  /// What an interval has so far.
  private static final class Stretch {
    private final Histogram latency = interval();
    private long good;
    private long degraded;
    private long failed;
  }

  /// What is seen of a load while it runs.
  ///
  /// @param ended answers and failures from the begin
  /// @param failed of these
  /// @param inFlight requests without an answer so far
  /// @param p50Millis of the answers since the last look; NaN without any
  record Look(long ended, long failed, long inFlight, double p50Millis, double p99Millis) {}

  /// @param startNanos when what is measured begins, by `System.nanoTime`
  /// @param slo whose hope is watched; null: nobody's
  Tally(long startNanos, long lengthNanos, @Nullable Slo slo) {
    this.startNanos = startNanos;
    this.endNanos = startNanos + lengthNanos;
    long seconds = Math.ceilDiv(lengthNanos, 1_000_000_000L);
    long each = Math.max(1, Math.ceilDiv(seconds, MOST_INTERVALS));
    this.intervalNanos = each * 1_000_000_000L;
    this.stretches = new Stretch[(int) Math.ceilDiv(seconds, each)];
    for (int i = 0; i < stretches.length; i++) {
      stretches[i] = new Stretch();
    }
    this.slo = slo;
    this.over = new long[slo == null ? 0 : slo.latency().size()];
  }

  static Histogram whole() {
    return new Histogram(DIGITS);
  }

  private static Histogram interval() {
    return new Histogram(INTERVAL_DIGITS);
  }

  synchronized void sent() {
    sent++;
  }

  /// @param verdict of an answer; of no meaning for a call that failed
  synchronized void ended(Ending ending, Verdict verdict) {
    ended++;
    boolean answered = ending.status().isOk() && verdict != Verdict.WRONG;
    long micros = Math.max(0, ending.latencyNanos() / 1000);
    if (answered) {
      lately.recordValue(micros);
    } else {
      failedEver++;
    }
    long since = ending.intendedNanos() - startNanos;
    if (since < 0) {
      return;
    }
    Stretch stretch = stretches[(int) Math.min(stretches.length - 1, since / intervalNanos)];
    lag.recordValue(Math.max(0, ending.lagNanos() / 1000));
    if (!answered) {
      stretch.failed++;
      failed(ending.status());
      return;
    }
    latency.recordValue(micros);
    stretch.latency.recordValue(micros);
    for (int i = 0; i < over.length; i++) {
      if (slo != null && micros > slo.latency().get(i).micros()) {
        over[i]++;
      }
    }
    if (ending.endNanos() - endNanos <= 0) {
      inTime++;
    }
    if (verdict == Verdict.DEGRADED) {
      degraded++;
      stretch.degraded++;
    } else {
      good++;
      stretch.good++;
    }
  }

  private void failed(Status status) {
    failed++;
    String name = status.isOk() ? WRONG : status.getCode().name();
    failures.merge(name, 1L, Long::sum);
    String said = status.getDescription();
    if (said != null && !status.isOk()) {
      reasons.putIfAbsent(name, said);
    }
  }

  /// Whether the objective can no longer be met, however the rest of so many requests ends.
  synchronized boolean hopeless(long planned) {
    if (slo == null) {
      return false;
    }
    for (int i = 0; i < over.length; i++) {
      if (isMore(over[i], (1 - slo.latency().get(i).share()) * planned)) {
        return true;
      }
    }
    return isMore(failed, slo.maxErrors() * planned)
        || isMore(degraded, slo.maxDegraded() * planned);
  }

  /// Shares are no exact numbers: 1 - 0.9 is a little less than a tenth.
  private static boolean isMore(long count, double allowed) {
    return count > allowed + 1e-6;
  }

  synchronized Look look() {
    Histogram answers = lately;
    lately = interval();
    return new Look(
        ended,
        failedEver,
        sent - ended,
        Measured.millis(answers, .5),
        Measured.millis(answers, .99));
  }

  /// What was measured; called when every request has ended.
  ///
  /// @param seconds how long it was measured, which is less than planned when it was cut short
  synchronized Measured measured(double perSecond, double seconds, boolean cutShort) {
    List<Interval> intervals = new ArrayList<>();
    double each = intervalNanos / 1e9;
    for (int i = 0; i < stretches.length && i * each < seconds; i++) {
      Stretch stretch = stretches[i];
      double[] millis = new double[Interval.SHARES.size()];
      for (int s = 0; s < millis.length; s++) {
        millis[s] = Measured.millis(stretch.latency, Interval.SHARES.get(s));
      }
      intervals.add(
          new Interval(
              i * each,
              Math.min(each, seconds - i * each),
              stretch.good,
              stretch.degraded,
              stretch.failed,
              millis));
    }
    return new Measured(
        perSecond,
        seconds,
        good,
        degraded,
        inTime,
        failures,
        reasons,
        latency.copy(),
        lag.copy(),
        intervals,
        cutShort,
        null);
  }
}
