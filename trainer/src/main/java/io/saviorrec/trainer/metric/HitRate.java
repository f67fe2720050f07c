package io.saviorrec.trainer.metric;

import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/// Hit@K of item-to-item retrieval by z (paper §4.1.1 and §4.3): each click asks for its nearest
/// items by cosine over the whole corpus, itself left out; a hit has the user's next click among
/// the first K.
public final class HitRate {
  private HitRate() {}

  /// Hit@k over the pairs of a click and the next click of the same user.
  ///
  /// @param z f32[N*D], L2-normalised
  /// @param queries item index of each click
  /// @param next item index of the click right after it
  /// @return the share of hits among pairs of two different items, or NaN without any
  public static double of(float[] z, int zDim, int[] queries, int[] next, int k) {
    AtomicLong hits = new AtomicLong();
    AtomicLong pairs = new AtomicLong();
    int items = z.length / zDim;
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
              double targetSimilarity = dot(z, query, target, zDim);
              int closer = 0;
              for (int item = 0; item < items && closer < k; item++) {
                if (item != query
                    && item != target
                    && dot(z, query, item, zDim) > targetSimilarity) {
                  closer++;
                }
              }
              if (closer < k) {
                hits.incrementAndGet();
              }
            });
    return pairs.get() == 0 ? Double.NaN : hits.get() / (double) pairs.get();
  }

  private static float dot(float[] z, int a, int b, int zDim) {
    float sum = 0;
    for (int d = 0; d < zDim; d++) {
      sum += z[a * zDim + d] * z[b * zDim + d];
    }
    return sum;
  }
}
