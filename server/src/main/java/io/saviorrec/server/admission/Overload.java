package io.saviorrec.server.admission;

import io.saviorrec.server.config.OverloadConfig;
import io.saviorrec.server.request.Call;
import io.saviorrec.server.request.Priority;
import java.util.EnumMap;
import java.util.Map;

/// What is done to keep answering when more comes than can be scored: first shorter histories, then
/// base scores; what neither helps is refused by [Admission].
///
/// A step is taken for a request when the wait that [Admission] predicts for its priority reaches
/// the step's share of the longest wait with which it is admitted: by `overload.queueTime`, by
/// `overload.latencyTarget`, and by the request's own deadline. The wait of a lower priority is
/// never shorter, so it degrades first.
///
/// By the settings a step, once entered, is left at three quarters of the wait at which it is
/// entered, so that it does not come and go with every request. By deadlines it is a matter of each
/// request alone.
public final class Overload {
  private static final double LEAVE = 0.75;

  /// What is done to one request.
  public record Steps(boolean shortHistory, boolean baseScore) {
    /// Nothing.
    public static final Steps NONE = new Steps(false, false);
  }

  private final Admission admission;
  private final OverloadConfig config;
  private final Map<Priority, Threshold> shortHistory = new EnumMap<>(Priority.class);
  private final Map<Priority, Threshold> baseScore = new EnumMap<>(Priority.class);

  /// A wait that is entered at one length and left at a shorter one. Threads that race may each see
  /// their own wait decide, which is as good as either.
  private static final class Threshold {
    private final double share;
    private volatile boolean entered;

    Threshold(double share) {
      this.share = share;
    }

    boolean holds(long waitNanos, long longestNanos) {
      double at = (entered ? LEAVE : 1) * share * longestNanos;
      boolean now = waitNanos >= Math.max(1, (long) at);
      entered = now;
      return now;
    }
  }

  /// @param admission whose waits decide
  public Overload(Admission admission, OverloadConfig config) {
    this.admission = admission;
    this.config = config;
    for (Priority priority : Priority.values()) {
      shortHistory.put(priority, new Threshold(config.shortHistoryAfter()));
      baseScore.put(priority, new Threshold(config.baseScoreAfter()));
    }
  }

  /// What is to be done to a request that comes now.
  public Steps steps(Call call, Demand demand) {
    long wait = admission.waitNanos(demand.priority());
    long longest = longestWait();
    long own = Math.max(1, admission.longestWaitNanos(call, demand));
    return new Steps(
        config.shortensHistories()
            && (threshold(shortHistory, demand.priority()).holds(wait, longest)
                || wait >= config.shortHistoryAfter() * own),
        config.givesBaseScores()
            && (threshold(baseScore, demand.priority()).holds(wait, longest)
                || wait >= config.baseScoreAfter() * own));
  }

  private long longestWait() {
    return Math.min(config.queueTime().toNanos(), admission.longestWaitNanos());
  }

  private static Threshold threshold(Map<Priority, Threshold> thresholds, Priority priority) {
    Threshold threshold = thresholds.get(priority);
    if (threshold == null) {
      throw new IllegalStateException("no threshold of " + priority);
    }
    return threshold;
  }

  /// The step that requests of this priority without a deadline meet now: 0 for none, 1 for shorter
  /// histories, 2 for base scores.
  public int presentStep(Priority priority) {
    long wait = admission.waitNanos(priority);
    long longest = longestWait();
    if (config.givesBaseScores() && threshold(baseScore, priority).holds(wait, longest)) {
      return 2;
    }
    return config.shortensHistories() && threshold(shortHistory, priority).holds(wait, longest)
        ? 1
        : 0;
  }

  /// The share of the time for waiting that may be filled now, so that answers come within the
  /// latency target.
  public double latencyShare() {
    return admission.latencyShare();
  }

  /// How long a request would wait if it came now and went last.
  public long waitNanos() {
    return admission.waitNanos(Priority.LOW);
  }

  /// Whether requests may be answered with base scores rather than be refused.
  public boolean givesBaseScores() {
    return config.givesBaseScores();
  }

  /// The clicks of a shortened history.
  ///
  /// @param historyLength the most that the model looks at
  public int shortHistory(int historyLength) {
    return (int) Math.ceil(config.historyShare() * historyLength);
  }

  /// Fails when a request would be refused whatever it says: a request that can be answered with
  /// base scores needs no place.
  public void requireChance() {
    if (config.givesBaseScores()) {
      admission.requireOpen();
    } else {
      admission.requireRoom();
    }
  }
}
