package io.saviorrec.trainer.metric;

import io.saviorrec.bundle.FloatRows;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/// Hit@K of item-to-item retrieval by z (paper §4.1.1 and §4.3): each click asks for its nearest
/// items by cosine over the whole corpus, itself left out; a hit has the user's next click among
/// the first K.
public final class HitRate {
  private static final int ROWS = 64;

  private HitRate() {}

  /// Hit@k over the pairs of a click and the next click of the same user.
  ///
  /// @param z L2-normalised, an item a row
  /// @param queries item index of each click
  /// @param next item index of the click right after it
  /// @return the share of hits among pairs of two different items, or NaN without any
  public static double of(FloatRows z, int[] queries, int[] next, int k) {
    AtomicLong hits = new AtomicLong();
    AtomicLong pairs = new AtomicLong();
    IntStream.range(0, queries.length)
        .parallel()
        .forEach(
            i -> {
              int query = queries[i];
              int target = next[i];
              if (query == target) {
                return;
              }
              pairs.incrementAndGet();
              if (closer(z, query, target, k) < k) {
                hits.incrementAndGet();
              }
            });
    return pairs.get() == 0 ? Double.NaN : hits.get() / (double) pairs.get();
  }

  /// How many items are closer to the query than the target, at most so many.
  private static int closer(FloatRows z, int query, int target, int most) {
    int width = z.width();
    float[] asked = new float[width];
    float[] other = new float[width];
    z.copy(query, asked, 0);
    z.copy(target, other, 0);
    double similarity = dot(asked, other, 0);
    int closer = 0;
    float[] some = new float[ROWS * width];
    for (int from = 0; from < z.rows() && closer < most; from += ROWS) {
      int count = Math.min(ROWS, z.rows() - from);
      z.copy(from, count, some, 0);
      for (int i = 0; i < count && closer < most; i++) {
        int item = from + i;
        if (item != query && item != target && dot(asked, some, i * width) > similarity) {
          closer++;
        }
      }
    }
    return closer;
  }

  private static float dot(float[] a, float[] b, int at) {
    float sum = 0;
    for (int d = 0; d < a.length; d++) {
      sum += a[d] * b[at + d];
    }
    return sum;
  }
}
