package io.saviorrec.trainer.metric;

import io.saviorrec.bundle.FloatRows;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/// Hit@K of item-to-item retrieval by z (paper §4.1.1 and §4.3): each click asks for its nearest
/// items by cosine over the whole corpus, itself left out. In the one reading a hit has the user's
/// next click among the first K; in the other the share of all later clicks counts that are among
/// them.
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

  /// The other reading: of all later clicks of the same user, the share that is among the k nearest
  /// items of an earlier one.
  ///
  /// @param z L2-normalised, an item a row
  /// @param clicks item indices of a user's clicks in the order of time, a user a row
  /// @return hits over pairs of a click and a later one of another item, or NaN without any
  public static double ofLater(FloatRows z, int[][] clicks, int k) {
    boolean[] asks = new boolean[z.rows()];
    for (int[] user : clicks) {
      for (int item : user) {
        asks[item] = true;
      }
    }
    int[][] nearest = new int[z.rows()][];
    IntStream.range(0, z.rows())
        .parallel()
        .filter(item -> asks[item])
        .forEach(item -> nearest[item] = nearest(z, item, k));
    long hits = 0;
    long pairs = 0;
    for (int[] user : clicks) {
      for (int i = 0; i < user.length; i++) {
        int query = user[i];
        for (int j = i + 1; j < user.length; j++) {
          if (user[j] != query) {
            pairs++;
            hits += Arrays.binarySearch(nearest[query], user[j]) >= 0 ? 1 : 0;
          }
        }
      }
    }
    return pairs == 0 ? Double.NaN : hits / (double) pairs;
  }

  /// The k items nearest to another one, ascending by index.
  private static int[] nearest(FloatRows z, int query, int k) {
    float[] asked = new float[z.width()];
    z.copy(query, asked, 0);
    float[] similarities = new float[z.rows()];
    float[] some = new float[ROWS * z.width()];
    for (int from = 0; from < z.rows(); from += ROWS) {
      int count = Math.min(ROWS, z.rows() - from);
      z.copy(from, count, some, 0);
      for (int i = 0; i < count; i++) {
        similarities[from + i] = -dot(asked, some, i * z.width());
      }
    }
    similarities[query] = Float.POSITIVE_INFINITY;
    int[] nearest = Arrays.copyOf(Order.ascending(similarities), Math.min(k, z.rows() - 1));
    Arrays.sort(nearest);
    return nearest;
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
