package io.saviorrec.server.states;

/// Spreads ids, which often count up, over all bits.
final class Hash {
  // Of 2^64 by the golden ratio, and of MurmurHash3's last step.
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;
  private static final long MIX = 0xFF51AFD7ED558CCDL;

  private Hash() {}

  static int of(long id) {
    long mixed = (id ^ (id >>> 32)) * GOLDEN;
    return (int) (((mixed ^ (mixed >>> 29)) * MIX) >>> 32);
  }

  /// The hash of what came before and of these values.
  static long add(long hash, long[] values) {
    long sum = hash * GOLDEN + values.length;
    for (long value : values) {
      sum = (sum ^ value) * MIX;
      sum ^= sum >>> 32;
    }
    return sum;
  }

  /// The same of floats.
  static long add(long hash, float[] values) {
    long sum = hash * GOLDEN + values.length;
    for (float value : values) {
      sum = (sum ^ Float.floatToIntBits(value)) * MIX;
      sum ^= sum >>> 32;
    }
    return sum;
  }
}
