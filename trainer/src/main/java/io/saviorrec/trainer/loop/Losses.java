package io.saviorrec.trainer.loop;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The losses of a run, step by step, and how long it took.
public final class Losses {
  private double[] values = new double[64];
  private int[] weights = new int[64];
  private int steps;
  private long samples;
  private double seconds;

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

  void addSeconds(double more) {
    seconds += more;
  }

  public int steps() {
    return steps;
  }

  /// The samples of all steps.
  public long samples() {
    return samples;
  }

  /// Wall time of the steps, those before an interruption too.
  public double seconds() {
    return seconds;
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

  /// A part of a run: its last step, counted from 1, and the mean loss of its samples.
  public record Point(int step, double loss) {}

  /// The run in parts of as good as equally many steps.
  ///
  /// @param most parts
  public List<Point> curve(int most) {
    int parts = Math.min(most, steps);
    List<Point> points = new ArrayList<>();
    for (int part = 0; part < parts; part++) {
      int from = (int) ((long) part * steps / parts);
      int until = (int) ((part + 1L) * steps / parts);
      points.add(new Point(until, mean(from, until)));
    }
    return points;
  }

  /// The mean over the samples of the last tenth of the steps.
  public double meanOfLastTenth() {
    return mean(steps - Math.max(1, steps / 10), steps);
  }

  /// All of it, for a checkpoint: the time, then a loss and its weight for each step.
  long[] save() {
    long[] saved = new long[1 + 2 * steps];
    saved[0] = Double.doubleToRawLongBits(seconds);
    for (int step = 0; step < steps; step++) {
      saved[1 + 2 * step] = Double.doubleToRawLongBits(values[step]);
      saved[2 + 2 * step] = weights[step];
    }
    return saved;
  }

  static Losses of(long[] saved) {
    Losses losses = new Losses();
    losses.addSeconds(Double.longBitsToDouble(saved[0]));
    for (int at = 1; at < saved.length; at += 2) {
      losses.add(Double.longBitsToDouble(saved[at]), (int) saved[at + 1]);
    }
    return losses;
  }
}
