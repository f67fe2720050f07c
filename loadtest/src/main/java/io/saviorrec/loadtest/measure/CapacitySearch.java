package io.saviorrec.loadtest.measure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// Finds the highest rate of requests at which a server meets an objective.
///
/// Rates are tried in short steps: up or down by factors until one meets it and one does not, then
/// between these two until they are close. A step without hope is given up at once. One that misses
/// although most answers are well within the limits says as much of a busy machine as of the
/// server, so it is tried again, and two of three decide. What was found must then hold for the
/// whole length, or less is tried.
public final class CapacitySearch {
  private static final double UP = 1.6;
  private static final double DOWN = .5;

  /// The two sides are close enough.
  private static final double PRECISION = 1.06;

  /// Of what was found in steps, until one holds for the whole length.
  private static final double[] CONFIRMED = {1, 1, .94, .88, .8, .7, .5};

  private static final int MOST_STEPS = 60;

  /// With fewer requests a high percentile is chance.
  private static final double LEAST_REQUESTS = 300;

  private static final Duration LONGEST_STEP = Duration.ofSeconds(60);

  /// More failures or degraded answers than that are no accident.
  private static final double MOST = .5;

  private static final double LOWEST_RATE = .1;

  /// Far below what was guessed it is not the rate that is at fault.
  private static final double LOWEST_SHARE = 1 / 128.0;

  private final Slo slo;
  private final Duration step;
  private final Duration length;
  private final Load load;
  private final BooleanSupplier stop;
  private final List<Step> steps = new ArrayList<>();

  /// Puts a load on the server.
  @FunctionalInterface
  public interface Load {
    /// What became of a load at this rate.
    ///
    /// @param giveUp as in [Plan]
    Measured measure(double perSecond, Duration length, @Nullable Slo giveUp);
  }

  /// One rate that was tried.
  ///
  /// @param confirmation whether it was tried for the whole length
  public record Step(Measured measured, boolean met, boolean confirmation) {}

  /// What was found.
  ///
  /// @param confirmed the load of the whole length that met the objective; null: no rate did
  /// @param steps all that were tried, in their order
  public record Capacity(@Nullable Measured confirmed, List<Step> steps) {
    public Capacity {
      steps = List.copyOf(steps);
    }

    /// Requests a second; empty when no rate met the objective.
    public Optional<Double> perSecond() {
      return Optional.ofNullable(confirmed).map(Measured::perSecond);
    }
  }

  /// Tries nothing yet.
  ///
  /// @param step how long a rate is tried
  /// @param length how long the one that was found must hold
  /// @param stop asked before each load; ends the search with what is known by then
  public CapacitySearch(Slo slo, Duration step, Duration length, Load load, BooleanSupplier stop) {
    this.slo = slo;
    this.step = step;
    this.length = length;
    this.load = load;
    this.stop = stop;
  }

  /// Tries rates until it is known.
  ///
  /// @param guess a rate to begin at
  public Capacity find(double guess) {
    double low = 0;
    double high = Double.POSITIVE_INFINITY;
    double rate = Math.max(guess, LOWEST_RATE);
    double lowest = Math.max(LOWEST_RATE, LOWEST_SHARE * guess);
    while (high > PRECISION * low
        && high > lowest
        && steps.size() < MOST_STEPS
        && !stop.getAsBoolean()) {
      if (holds(rate)) {
        low = rate;
      } else {
        high = rate;
      }
      rate = Double.isInfinite(high) ? UP * low : low == 0 ? DOWN * high : Math.sqrt(low * high);
    }
    return new Capacity(low == 0 ? null : confirmed(low), steps);
  }

  /// Two of three steps decide, but one in which the server is overwhelmed alone.
  private boolean holds(double rate) {
    int met = 0;
    int missed = 0;
    while (met < 2 && missed < 2 && !stop.getAsBoolean()) {
      Step tried = tried(rate, stepLength(rate), false);
      if (tried.met()) {
        met++;
      } else {
        missed++;
      }
      if (missed == 0 || (missed == 1 && met == 0 && isOverwhelmed(tried.measured()))) {
        return tried.met();
      }
    }
    return met > missed;
  }

  /// Whether this is how the server is at that rate, and no moment in which the machine was busy.
  private boolean isOverwhelmed(Measured measured) {
    boolean slow =
        slo.latency().stream().anyMatch(limit -> !(measured.millis(.5) <= limit.millis() / 2));
    return slow || measured.errorShare() > MOST || measured.degradedShare() > MOST;
  }

  private Step tried(double rate, Duration howLong, boolean confirmation) {
    Measured measured = load.measure(rate, howLong, slo);
    Step tried = new Step(measured, slo.met(measured) && !measured.cutShort(), confirmation);
    steps.add(tried);
    return tried;
  }

  private Duration stepLength(double rate) {
    Duration enough = Duration.ofNanos((long) Math.min(LEAST_REQUESTS / rate * 1e9, 1e12));
    Duration wanted = enough.compareTo(step) > 0 ? enough : step;
    return wanted.compareTo(LONGEST_STEP) > 0 ? LONGEST_STEP : wanted;
  }

  private @Nullable Measured confirmed(double found) {
    for (double share : CONFIRMED) {
      if (stop.getAsBoolean()) {
        return null;
      }
      Step whole = tried(share * found, length, true);
      if (whole.met()) {
        return whole.measured();
      }
    }
    return null;
  }
}
