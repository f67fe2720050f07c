package io.saviorrec.server.health;

import io.saviorrec.server.request.ErrorCode;
import io.saviorrec.server.request.RequestException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Finds out which models cannot score, and when they can again.
///
/// Calls that fail one after another make a model suspect; then a request of the server's own
/// decides, so that callers cannot take it out of service by requests that are made to fail. While
/// a model fails, such requests are what finds its recovery: an unready server gets no others.
public final class ModelHealth {
  private static final Logger log = LoggerFactory.getLogger(ModelHealth.class);

  /// Scores a request of the server's own by the way of any other.
  @FunctionalInterface
  public interface Probe {
    /// Returns when there were scores.
    ///
    /// @param model its name and version
    /// @throws Exception when there are no scores
    void score(String model) throws Exception;
  }

  private final Readiness readiness;
  private final int failuresInRow;
  private final Duration interval;
  private final Later later;
  private final LongSupplier nanoTime;
  private final ConcurrentMap<String, Integer> failures = new ConcurrentHashMap<>();

  /// Model → when it was last tried, for models that are suspect or were.
  private final ConcurrentMap<String, Long> triedNanos = new ConcurrentHashMap<>();

  private final Set<String> suspects = ConcurrentHashMap.newKeySet();
  private volatile @Nullable Probe probe;

  /// @param failuresInRow that make a model suspect
  /// @param interval between two tries of a model
  public ModelHealth(
      Readiness readiness,
      int failuresInRow,
      Duration interval,
      Later later,
      LongSupplier nanoTime) {
    this.readiness = readiness;
    this.failuresInRow = failuresInRow;
    this.interval = interval;
    this.later = later;
    this.nanoTime = nanoTime;
  }

  /// Nothing is suspect before there is something to try models with.
  public void tryWith(Probe with) {
    probe = with;
  }

  /// A scoring call has ended.
  ///
  /// @param model its name and version
  /// @param failure null: it was answered
  public void ended(String model, @Nullable Throwable failure) {
    if (failure == null) {
      if (!failures.isEmpty()) {
        failures.remove(model);
      }
      return;
    }
    if (probe == null || !Reason.blamesServer(failure)) {
      return;
    }
    if (failures.merge(model, 1, Integer::sum) >= failuresInRow && suspects.add(model)) {
      later.run(untilNextTry(model), () -> probe(model));
    }
  }

  private Duration untilNextTry(String model) {
    Long tried = triedNanos.get(model);
    long left = tried == null ? 0 : interval.toNanos() - (nanoTime.getAsLong() - tried);
    return Duration.ofNanos(Math.max(0, left));
  }

  private void probe(String model) {
    Probe with = probe;
    if (with == null || readiness.phase() == Readiness.Phase.DRAINING) {
      return;
    }
    triedNanos.put(model, nanoTime.getAsLong());
    try {
      with.score(model);
      acquit(model);
      return;
    } catch (RequestException e) {
      if (e.code() == ErrorCode.NOT_FOUND) {
        acquit(model);
        triedNanos.remove(model);
        return;
      }
      if (e.code() == ErrorCode.INTERNAL) {
        convict(model, e);
      }
      // Others, such as a full queue, say nothing of the model.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    } catch (Exception | LinkageError | InternalError e) {
      convict(model, e);
    }
    later.run(interval, () -> probe(model));
  }

  private void acquit(String model) {
    suspects.remove(model);
    failures.remove(model);
    if (readiness.failing(model)) {
      log.info("{} scores again", model);
    }
    readiness.recovered(model);
  }

  private void convict(String model, Throwable failure) {
    String reason = "cannot score: " + Reason.line(failure);
    if (!readiness.failing(model)) {
      log.error("{} {}; the server is not ready", model, reason);
    }
    readiness.failed(model, reason);
  }
}
