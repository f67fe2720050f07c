package io.saviorrec.trainer.fallback;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.LongToDoubleFunction;

/// Logits of impressions beside their clicks, and whose they were.
///
/// @param logits one for each impression
/// @param users who clicked or not; clicks of one user are not independent of each other
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
record Clicks(double[] logits, boolean[] clicked, long[] users) {
  private static final double FARTHEST = 10;
  private static final int STEPS = 60;

  /// Of a normal distribution: 95 of 100 are within.
  static final double WITHIN = 1.96;

  static double sigmoid(double logit) {
    return 1 / (1 + Math.exp(-logit));
  }

  static double[] logits(float[] probabilities) {
    double[] logits = new double[probabilities.length];
    for (int i = 0; i < logits.length; i++) {
      double p = Math.clamp(probabilities[i], 1e-7, 1 - 1e-7);
      logits[i] = Math.log(p) - Math.log1p(-p);
    }
    return logits;
  }

  Clicks where(IntPredicate chosen) {
    int count = 0;
    for (int i = 0; i < logits.length; i++) {
      count += chosen.test(i) ? 1 : 0;
    }
    double[] some = new double[count];
    boolean[] clicks = new boolean[count];
    long[] of = new long[count];
    int at = 0;
    for (int i = 0; i < logits.length; i++) {
      if (chosen.test(i)) {
        some[at] = logits[i];
        clicks[at] = clicked[i];
        of[at++] = users[i];
      }
    }
    return new Clicks(some, clicks, of);
  }

  int size() {
    return logits.length;
  }

  /// Those of several periods.
  static Clicks joined(List<Clicks> parts) {
    int size = parts.stream().mapToInt(Clicks::size).sum();
    Clicks joined = new Clicks(new double[size], new boolean[size], new long[size]);
    int at = 0;
    for (Clicks part : parts) {
      System.arraycopy(part.logits, 0, joined.logits, at, part.size());
      System.arraycopy(part.clicked, 0, joined.clicked, at, part.size());
      System.arraycopy(part.users, 0, joined.users, at, part.size());
      at += part.size();
    }
    return joined;
  }

  /// The shift of the logits after which predictions and clicks have the same mean, drawn towards
  /// what was to be expected the more the fewer clicks there are.
  ///
  /// @param expected the shift without any clicks
  /// @param deviation how far from that the true shift usually is
  double shift(double expected, double deviation) {
    double spread = spread(expected);
    double low = -FARTHEST;
    double high = FARTHEST;
    for (int step = 0; step < STEPS; step++) {
      double shift = (low + high) / 2;
      double slope = excess(shift) / spread + (shift - expected) / (deviation * deviation);
      if (slope > 0) {
        high = shift;
      } else {
        low = shift;
      }
    }
    return (low + high) / 2;
  }

  /// How far the true shift usually is from [#shift].
  ///
  /// @param deviation how far it usually is from what was to be expected
  double deviation(double shift, double deviation) {
    return 1 / Math.sqrt(binomial(shift) / spread(shift) + 1 / (deviation * deviation));
  }

  /// How much more clicks vary than if they were independent of each other.
  private double spread(double shift) {
    return Math.max(1, variance(shift, 1) / Math.max(1e-9, binomial(shift)));
  }

  /// Predicted less true clicks.
  private double excess(double shift) {
    double excess = 0;
    for (int i = 0; i < logits.length; i++) {
      excess += sigmoid(logits[i] + shift) - (clicked[i] ? 1 : 0);
    }
    return excess;
  }

  private double binomial(double shift) {
    double variance = 0;
    for (double logit : logits) {
      double p = sigmoid(logit + shift);
      variance += p * (1 - p);
    }
    return variance;
  }

  /// Of the sum of predictions less `weight` times the clicks, whose users are independent.
  private double variance(double shift, double weight) {
    Map<Long, Double> byUser = new HashMap<>();
    for (int i = 0; i < logits.length; i++) {
      byUser.merge(users[i], sigmoid(logits[i] + shift) - (clicked[i] ? weight : 0), Double::sum);
    }
    return byUser.values().stream().mapToDouble(sum -> sum * sum).sum();
  }

  /// These with logits moved, each by its user's shift.
  Clicks moved(LongToDoubleFunction shiftOf) {
    double[] moved = new double[logits.length];
    for (int i = 0; i < moved.length; i++) {
      moved[i] = logits[i] + shiftOf.applyAsDouble(users[i]);
    }
    return new Clicks(moved, clicked, users);
  }

  /// Predictions over clicks.
  Ratio ratio(double shift) {
    long clicks = 0;
    double predicted = 0;
    for (int i = 0; i < logits.length; i++) {
      clicks += clicked[i] ? 1 : 0;
      predicted += sigmoid(logits[i] + shift);
    }
    if (clicks == 0) {
      return new Ratio(size(), 0, Double.NaN, 0, Double.POSITIVE_INFINITY);
    }
    double ratio = predicted / clicks;
    // Few users may seem to differ less than any do.
    double spread = Math.max(1, variance(shift, ratio) / (ratio * predicted));
    // Of the clicks that were to be expected, those by which there could be as many as there are:
    // of
    // few clicks that is a wide interval, and a lopsided one.
    double middle = clicks + spread * WITHIN * WITHIN / 2;
    double error = WITHIN * Math.sqrt(spread * (clicks + spread * WITHIN * WITHIN / 4));
    return new Ratio(
        size(), clicks, ratio, predicted / (middle + error), predicted / (middle - error));
  }
}
