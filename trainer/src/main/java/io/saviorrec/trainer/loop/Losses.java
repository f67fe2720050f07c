package io.saviorrec.trainer.loop;

import java.util.Arrays;

/// The losses of a run, step by step.
public final class Losses {
  private double[] values = new double[64];
  private int[] weights = new int[64];
  private int steps;
  private long samples;

  Losses() {}

  void add(double value, int weight) {
    if (steps == values.length) {
      values = Arrays.copyOf(values, 2 * steps);
      weights = Arrays.copyOf(weights, 2 * steps);
    }
    values[steps] = value;
    weights[steps++] = weight;
    samples += weight;
  }

  public int steps() {
    return steps;
  }

  /// The samples of all steps.
  public long samples() {
    return samples;
  }

  /// The mean over the samples of steps `[from, until)`, NaN without any.
  public double mean(int from, int until) {
    double sum = 0;
    long count = 0;
    for (int step = from; step < until; step++) {
      sum += values[step] * weights[step];
      count += weights[step];
    }
    return sum / count;
  }

  /// The mean over the samples of the last tenth of the steps.
  public double meanOfLastTenth() {
    return mean(steps - Math.max(1, steps / 10), steps);
  }
}
