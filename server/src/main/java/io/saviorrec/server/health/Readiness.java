package io.saviorrec.server.health;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/// Whether the server should get traffic, and if not, why.
///
/// The rule: it is ready while it is serving and nothing has failed without which scores cannot be
/// answered or trusted. What only items need is no part of it: with a broken item store the server
/// is ready to score, and the Items service alone says that it does not serve.
///
/// Concurrency: changes take turns; what is asked is answered from one immutable picture.
public final class Readiness {
  /// A failure's reason is shown on one line.
  private static final int LONGEST_REASON = 300;

  /// The phases of a server's life, in their order.
  public enum Phase {
    /// Loading and warming up.
    STARTING,
    /// Answering.
    SERVING,
    /// Finishing what it has begun.
    DRAINING
  }

  /// @param failures source → reason; what scoring needs
  /// @param itemFailures source → reason; what items alone need
  private record Picture(
      Phase phase, SortedMap<String, String> failures, SortedMap<String, String> itemFailures) {}

  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private volatile Picture now = new Picture(Phase.STARTING, new TreeMap<>(), new TreeMap<>());

  /// Calls `listener` after every change, on the thread that made it.
  public void listen(Runnable listener) {
    listeners.add(listener);
  }

  /// Enters a phase; an earlier one is not gone back to.
  public void enter(Phase phase) {
    synchronized (this) {
      if (phase.compareTo(now.phase) <= 0) {
        return;
      }
      now = new Picture(phase, now.failures, now.itemFailures);
    }
    listeners.forEach(Runnable::run);
  }

  /// Scores cannot be answered or trusted, until [#recovered] with the same source.
  ///
  /// @param source what failed, for instance a model and its version
  public void failed(String source, String reason) {
    change(source, reason, true, false);
  }

  /// Items cannot be taken or looked up, until [#recovered] with the same source.
  public void itemsFailed(String source, String reason) {
    change(source, reason, false, true);
  }

  /// What had failed works again.
  public void recovered(String source) {
    change(source, "", false, false);
  }

  private void change(String source, String reason, boolean scoring, boolean items) {
    synchronized (this) {
      SortedMap<String, String> failures = put(now.failures, source, reason, scoring);
      SortedMap<String, String> itemFailures = put(now.itemFailures, source, reason, items);
      if (failures.equals(now.failures) && itemFailures.equals(now.itemFailures)) {
        return;
      }
      now = new Picture(now.phase, failures, itemFailures);
    }
    listeners.forEach(Runnable::run);
  }

  private static SortedMap<String, String> put(
      SortedMap<String, String> map, String source, String reason, boolean present) {
    SortedMap<String, String> changed = new TreeMap<>(map);
    if (present) {
      changed.put(source, oneLine(reason));
    } else {
      changed.remove(source);
    }
    return changed;
  }

  private static String oneLine(String reason) {
    String line = reason.replaceAll("\\s+", " ").strip();
    return line.length() <= LONGEST_REASON ? line : line.substring(0, LONGEST_REASON) + "…";
  }

  public Phase phase() {
    return now.phase;
  }

  /// Whether the server should get traffic.
  public boolean ready() {
    Picture picture = now;
    return picture.phase == Phase.SERVING && picture.failures.isEmpty();
  }

  /// Whether items can be taken and looked up.
  public boolean itemsServing() {
    Picture picture = now;
    return picture.phase == Phase.SERVING && picture.itemFailures.isEmpty();
  }

  /// Whether this source has failed and not recovered.
  public boolean failing(String source) {
    Picture picture = now;
    return picture.failures.containsKey(source) || picture.itemFailures.containsKey(source);
  }

  /// Why the server is not ready, one line each; empty when it is.
  public List<String> reasons() {
    Picture picture = now;
    List<String> reasons = new ArrayList<>();
    switch (picture.phase) {
      case STARTING -> reasons.add("the server is starting");
      case SERVING -> {}
      case DRAINING -> reasons.add("the server is shutting down");
    }
    picture.failures.forEach((source, reason) -> reasons.add(source + ": " + reason));
    return reasons;
  }

  /// What does not work although the server is ready, one line each.
  public List<String> degraded() {
    List<String> lines = new ArrayList<>();
    now.itemFailures.forEach((source, reason) -> lines.add(source + ": " + reason));
    return lines;
  }
}
