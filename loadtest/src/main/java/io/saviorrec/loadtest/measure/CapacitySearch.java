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
/// between these two until they are close. A step that misses narrowly is tried once more, since a
/// busy machine spoils single ones; one without hope is given up at once. What was found must then
/// hold for the whole length, or a little less is tried.
public final class CapacitySearch {
  private static final double UP = 1.6;
  private static final double DOWN = .5;

  /// The two sides are close enough.
  private static final double PRECISION = 1.06;

  private static final double LOWER = .94;
  private static final int MOST_STEPS = 40;
  private static final int MOST_CONFIRMATIONS = 6;

  /// With fewer requests a high percentile is chance.
  private static final double LEAST_REQUESTS = 300;

  private static final Duration LONGEST_STEP = Duration.ofSeconds(60);
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

  /// @param step how long a rate is tried
  /// @param length how long the one that was found must hold
  /// @param stop asked before each load; ends the search with what is known by then
  public CapacitySearch(
      Slo slo, Duration step, Duration length, Load load, BooleanSupplier stop) {
    this.slo = slo;
    this.step = step;
    this.length = length;
    this.load = load;
    this.stop = stop;
  }

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
      rate =
          Double.isInfinite(high) ? UP * low : low == 0 ? DOWN * high : Math.sqrt(low * high);
    }
    return new Capacity(low == 0 ? null : confirmed(low), steps);
  }

  private boolean holds(double rate) {
    Measured first = load.measure(rate, stepLength(rate), slo);
    boolean met = slo.met(first) && !first.cutShort();
    steps.add(new Step(first, met, false));
    if (met || first.cutShort()) {
      return met;
    }
    Measured second = load.measure(rate, stepLength(rate), slo);
    met = slo.met(second) && !second.cutShort();
    steps.add(new Step(second, met, false));
    return met;
  }

  private Duration stepLength(double rate) {
    Duration enough = Duration.ofNanos((long) Math.min(LEAST_REQUESTS / rate * 1e9, 1e12));
    Duration wanted = enough.compareTo(step) > 0 ? enough : step;
    return wanted.compareTo(LONGEST_STEP) > 0 ? LONGEST_STEP : wanted;
  }

  private @Nullable Measured confirmed(double found) {
    double rate = found;
    for (int i = 0; i < MOST_CONFIRMATIONS && !stop.getAsBoolean(); i++) {
      Measured whole = load.measure(rate, length, slo);
      boolean met = slo.met(whole) && !whole.cutShort();
      steps.add(new Step(whole, met, true));
      if (met) {
        return whole;
      }
      rate *= LOWER;
    }
    return null;
  }
}
