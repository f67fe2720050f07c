package io.saviorrec.server.admission;

import org.jspecify.annotations.Nullable;

/// What work of one kind costs: a running estimate `time = perRun + perPart × parts`, from the
/// times that such work took. Where pieces of work run together, their parts add up and the rest is
/// paid once.
///
/// Both numbers are a regression over exponentially weighted times: the newest weighs 1/64, and as
/// long as there are fewer than 64, all weigh the same. A time further than a factor of three from
/// the estimate counts as three times, or a third, of it, so that one pause moves the estimate by a
/// few hundredths while a change that lasts moves it all the way.
///
/// Until [#ENOUGH] times are known it says what the estimate says on which it is based; without one
/// it expects whatever it has seen, and at first no time at all.
/*
 * A wrong estimate that is too high refuses the very work that would correct it. So one of 32
 * refusals in a row is not made, and the time that this work takes weighs a quarter and counts
 * whole.
 */
public final class ComputeEstimate {
  private static final int WINDOW = 64;
  static final int ENOUGH = 8;
  private static final double OUTLIER = 3;
  private static final int REFUSALS = 32;
  private static final int DOUBTED = 3;

  private record Line(double perRun, double perPart) {
    double at(int parts) {
      return perRun + perPart * parts;
    }
  }

  private final @Nullable ComputeEstimate base;
  private int times;
  private double meanParts;
  private double meanNanos;
  private double varianceOfParts;
  private double covariance;
  private int refusals;
  private volatile boolean enough;
  private volatile Line line = new Line(0, 0);

  /// Of work that nothing is known of.
  public ComputeEstimate() {
    this.base = null;
  }

  /// Of work that should take about what other work takes.
  public ComputeEstimate(ComputeEstimate base) {
    this.base = base;
  }

  /// What a run of so many parts should take; 0 when nothing is known.
  public long predictNanos(int parts) {
    return Math.round(line().at(parts));
  }

  /// What is predicted for a piece of work that runs with others of its kind: its parts, and its
  /// portion of what is paid once.
  ///
  /// @param runParts of all of them
  public long predictSharedNanos(int parts, int runParts) {
    Line now = line();
    return Math.round(now.perPart * parts + now.perRun * Math.min(1, (double) parts / runParts));
  }

  private Line line() {
    return base == null || enough ? line : base.line();
  }

  /// Learns from work that ran.
  public synchronized void observe(int parts, long nanos) {
    double bounded = nanos;
    if (times >= ENOUGH) {
      double expected = line.at(parts);
      bounded = Math.clamp((double) nanos, expected / OUTLIER, expected * OUTLIER);
    }
    times = Math.min(times + 1, WINDOW);
    double weight = 1.0 / times;
    double fromParts = parts - meanParts;
    double fromNanos = bounded - meanNanos;
    meanParts += weight * fromParts;
    meanNanos += weight * fromNanos;
    varianceOfParts = (1 - weight) * (varianceOfParts + weight * fromParts * fromParts);
    covariance = (1 - weight) * (covariance + weight * fromParts * fromNanos);
    refusals = 0;
    line = fit();
    enough |= times >= ENOUGH;
  }

  /// Neither number is below zero. Where all work had the same size, its time is all per run.
  private Line fit() {
    double perPart =
        varianceOfParts > 0
            ? Math.clamp(covariance / varianceOfParts, 0, meanNanos / meanParts)
            : 0;
    return new Line(Math.max(0, meanNanos - perPart * meanParts), perPart);
  }

  /// Counts a refusal that was made for what [#predictNanos] said.
  ///
  /// @return whether it should not be made after all, for the sake of the estimate
  synchronized boolean doubtful() {
    refusals++;
    if (refusals < REFUSALS) {
      return false;
    }
    refusals = 0;
    times = Math.min(times, DOUBTED);
    return true;
  }
}
