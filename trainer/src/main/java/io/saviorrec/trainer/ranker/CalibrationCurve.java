package io.saviorrec.trainer.ranker;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/// A calibration of scores: a strictly rising function of logits, so that no two scores change
/// places; straight between its knots, and beyond the outer ones.
///
/// @param at ascending logits as the network gives them; none: scores are left as they are
/// @param to ascending logits, what these become
@SuppressWarnings("ArrayRecordComponent") // plain columns, never compared
public record CalibrationCurve(double[] at, double[] to) {
  /// Leaves scores as they are.
  static final CalibrationCurve NONE = new CalibrationCurve(new double[0], new double[0]);

  private static final int MOST_BINS = 100;

  /// Impressions of a bin, so that its click rate is worth something.
  private static final int SMALLEST_BIN = 500;

  private static final int MOST_STEPS = 100;
  private static final double FLATTEST = 0.05;
  private static final double STEEPEST = 20;
  private static final double CLIP = 1e-7;

  public CalibrationCurve {
    if (at.length != to.length || at.length == 1 || !rises(at) || !rises(to)) {
      throw new IllegalArgumentException(
          "A curve needs two rising knots or more, had %s and %s"
              .formatted(Arrays.toString(at), Arrays.toString(to)));
    }
  }

  private static boolean rises(double[] values) {
    return IntStream.range(1, values.length).allMatch(i -> values[i - 1] < values[i]);
  }

  /// Fits a curve of this kind. Without both clicks and others there is nothing to fit.
  public static CalibrationCurve fit(
      CalibrationKind kind, float[] probabilities, boolean[] clicked) {
    long clicks = IntStream.range(0, clicked.length).filter(i -> clicked[i]).count();
    if (clicks == 0 || clicks == clicked.length) {
      return NONE;
    }
    double[] logits = new double[probabilities.length];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = logit(Math.clamp(probabilities[i], CLIP, 1 - CLIP));
    }
    return switch (kind) {
      case NONE -> NONE;
      case PLATT -> platt(logits, clicked);
      case ISOTONIC -> isotonic(logits, clicked);
    };
  }

  /// Slope and shift of the greatest likelihood, by Newton's method.
  private static CalibrationCurve platt(double[] logits, boolean[] clicked) {
    double slope = 1;
    double shift = 0;
    for (int step = 0; step < MOST_STEPS; step++) {
      double gradientSlope = 0;
      double gradientShift = 0;
      double curvatureSlope = 1e-9;
      double curvatureShift = 1e-9;
      double curvatureBoth = 0;
      for (int i = 0; i < logits.length; i++) {
        double p = 1 / (1 + Math.exp(-slope * logits[i] - shift));
        double residual = (clicked[i] ? 1 : 0) - p;
        double weight = p * (1 - p);
        gradientSlope += residual * logits[i];
        gradientShift += residual;
        curvatureSlope += weight * logits[i] * logits[i];
        curvatureShift += weight;
        curvatureBoth += weight * logits[i];
      }
      double determinant = curvatureSlope * curvatureShift - curvatureBoth * curvatureBoth;
      if (determinant <= 0) {
        break;
      }
      double moveSlope =
          (curvatureShift * gradientSlope - curvatureBoth * gradientShift) / determinant;
      double moveShift =
          (curvatureSlope * gradientShift - curvatureBoth * gradientSlope) / determinant;
      slope = Math.clamp(slope + Math.clamp(moveSlope, -1.0, 1.0), FLATTEST, STEEPEST);
      shift += Math.clamp(moveShift, -1.0, 1.0);
      if (Math.abs(moveSlope) + Math.abs(moveShift) < 1e-9) {
        break;
      }
    }
    return new CalibrationCurve(new double[] {0, 1}, new double[] {shift, shift + slope});
  }

  /// Bins of equal size by their logits, pooled until their click rates rise (pool adjacent
  /// violators), each a knot; beyond the outer ones a logit moves as far as they did.
  private static CalibrationCurve isotonic(double[] logits, boolean[] clicked) {
    Integer[] order = IntStream.range(0, logits.length).boxed().toArray(Integer[]::new);
    Arrays.sort(order, Comparator.comparingDouble(i -> logits[i]));
    int bins = Math.clamp(logits.length / SMALLEST_BIN, 1, MOST_BINS);
    Bin[] pooled = new Bin[bins];
    int size = 0;
    for (int b = 0; b < bins; b++) {
      int from = (int) ((long) b * order.length / bins);
      int until = (int) ((b + 1L) * order.length / bins);
      double sum = 0;
      int clicks = 0;
      for (int i = from; i < until; i++) {
        sum += logits[order[i]];
        clicks += clicked[order[i]] ? 1 : 0;
      }
      Bin bin = new Bin(until - from, sum, clicks);
      while (size > 0 && !(pooled[size - 1].at() < bin.at() && pooled[size - 1].to() < bin.to())) {
        bin = bin.with(pooled[--size]);
      }
      pooled[size++] = bin;
    }
    double[] at = new double[size + 2];
    double[] to = new double[size + 2];
    for (int i = 0; i < size; i++) {
      at[i + 1] = pooled[i].at();
      to[i + 1] = pooled[i].to();
    }
    at[0] = at[1] - 1;
    to[0] = to[1] - 1;
    at[size + 1] = at[size] + 1;
    to[size + 1] = to[size] + 1;
    return new CalibrationCurve(at, to);
  }

  /// Impressions that are alike.
  private record Bin(int size, double sum, int clicks) {
    double at() {
      return sum / size;
    }

    /// Half a click and half an impression without one keep it finite.
    double to() {
      return logit((clicks + 0.5) / (size + 1.0));
    }

    Bin with(Bin other) {
      return new Bin(size + other.size, sum + other.sum, clicks + other.clicks);
    }
  }

  /// The probability that this one becomes.
  public float of(float probability) {
    if (at.length == 0) {
      return probability;
    }
    double logit = logit(Math.clamp(probability, CLIP, 1 - CLIP));
    int knot = 0;
    while (knot < at.length - 2 && logit > at[knot + 1]) {
      knot++;
    }
    double moved = to[knot] + (logit - at[knot]) * slope(knot);
    return (float) (1 / (1 + Math.exp(-moved)));
  }

  /// The slope from this knot to the next.
  double slope(int knot) {
    return (to[knot + 1] - to[knot]) / (at[knot + 1] - at[knot]);
  }

  private static double logit(double probability) {
    return Math.log(probability) - Math.log1p(-probability);
  }
}
