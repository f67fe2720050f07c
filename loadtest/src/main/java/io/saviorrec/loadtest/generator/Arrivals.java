package io.saviorrec.loadtest.generator;

import java.time.Duration;
import java.util.Arrays;
import java.util.SplittableRandom;

/// When the requests of an open load come.
@FunctionalInterface
public interface Arrivals {
  /// Nanoseconds from the start, ascending.
  ///
  /// @param perSecond how many a second on average
  /// @param seed the same seed, the same times
  long[] times(double perSecond, Duration length, long seed);

  /// As from many people who know nothing of each other: a Poisson process.
  static Arrivals poisson() {
    return (perSecond, length, seed) -> {
      SplittableRandom random = new SplittableRandom(seed);
      double[] sums = new double[(int) Math.ceil(perSecond * length.toNanos() / 1e9)];
      double sum = 0;
      for (int i = 0; i < sums.length; i++) {
        sum -= Math.log1p(-random.nextDouble());
        sums[i] = sum;
      }
      // Given their number, the times of a Poisson process spread evenly, so that even a short load
      // has the rate that was asked for.
      double whole = sum - Math.log1p(-random.nextDouble());
      return Arrays.stream(sums)
          .mapToLong(at -> Math.round(at / whole * length.toNanos()))
          .toArray();
    };
  }

  /// As they were recorded, again and again, faster or slower so that the rate is the one asked
  /// for.
  ///
  /// @param micros ascending; the first and the last differ
  static Arrivals recorded(long[] micros) {
    double meanGap = meanGap(micros);
    double span = meanGap * micros.length;
    return (perSecond, length, _) -> {
      // Micros of the record in a nanosecond of the load.
      double speed = perSecond * meanGap / 1e9;
      int most = (int) Math.ceil(perSecond * length.toNanos() / 1e9) + micros.length;
      long[] times = new long[most];
      int count = 0;
      while (count < most) {
        int pass = count / micros.length;
        long since = micros[count % micros.length] - micros[0];
        long at = Math.round((pass * span + since) / speed);
        if (at >= length.toNanos()) {
          break;
        }
        times[count++] = at;
      }
      return Arrays.copyOf(times, count);
    };
  }

  /// Requests a second as they were recorded.
  static double recordedPerSecond(long[] micros) {
    return 1e6 / meanGap(micros);
  }

  private static double meanGap(long[] micros) {
    return (micros[micros.length - 1] - micros[0]) / (double) (micros.length - 1);
  }
}
