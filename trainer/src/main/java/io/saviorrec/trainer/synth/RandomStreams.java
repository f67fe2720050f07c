package io.saviorrec.trainer.synth;

import java.util.SplittableRandom;

/// Independent random streams, one a concern, derived from one seed: a change in how pictures are
/// drawn leaves the click log as it was.
record RandomStreams(long seed) {
  SplittableRandom of(String concern) {
    return of(concern, 0);
  }

  SplittableRandom of(String concern, long index) {
    return new SplittableRandom(
        mix(seed ^ mix(concern.hashCode() + 0x9E3779B97F4A7C15L * (index + 1))));
  }

  /// The finaliser of MurmurHash3: nearby inputs become unrelated seeds.
  private static long mix(long value) {
    long z = value;
    z = (z ^ (z >>> 33)) * 0xff51afd7ed558ccdL;
    z = (z ^ (z >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return z ^ (z >>> 33);
  }

  /// Distinct values in [0, bound).
  static int[] distinct(SplittableRandom random, int count, int bound) {
    int[] chosen = new int[count];
    for (int i = 0; i < count; i++) {
      chosen[i] = other(random, chosen, i, bound);
    }
    return chosen;
  }

  /// A value in [0, bound) that is not among the first `taken` of `chosen`.
  static int other(SplittableRandom random, int[] chosen, int taken, int bound) {
    while (true) {
      int value = random.nextInt(bound);
      boolean fresh = true;
      for (int i = 0; i < taken; i++) {
        fresh &= chosen[i] != value;
      }
      if (fresh) {
        return value;
      }
    }
  }

  /// An index drawn by weight, given the running sums of the weights.
  static int pick(SplittableRandom random, double[] runningSum, int size) {
    double target = random.nextDouble() * runningSum[size - 1];
    int low = 0;
    int high = size - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (runningSum[middle] > target) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }
}
