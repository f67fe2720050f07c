package io.saviorrec.trainer.contrast;

import io.saviorrec.bundle.FloatRows;
import io.saviorrec.trainer.torch.Tensors;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/// Whether items that belong together lie close together: the share of an item's partners found
/// among its nearest neighbours.
public final class NeighbourRecall {
  /// Enough for a standard error below two percentage points.
  private static final int MAX_QUERIES = 1000;

  private static final int BATCH = 100;

  /// Items that are compared with all queries at once: tens of megabytes.
  private static final int PART = 1 << 17;

  private NeighbourRecall() {}

  /// The mean over some items of (partners among the `count` nearest other items) / (partners, at
  /// most `count`), by cosine.
  ///
  /// @param z unit rows, an item a row
  /// @return a number in [0, 1], NaN without pairs
  public static double at(int count, FloatRows z, PositivePairs pairs, long seed) {
    int items = z.rows();
    int[] queries =
        IntStream.range(0, items).filter(item -> pairs.partners(item).length > 0).toArray();
    Shuffled.shuffle(queries, new SplittableRandom(seed));
    queries = Arrays.copyOf(queries, Math.min(queries.length, MAX_QUERIES));
    Nearest[] nearest = new Nearest[queries.length];
    Arrays.setAll(nearest, _ -> new Nearest(count));
    try (var _ = new PointerScope()) {
      Tensor asked = rows(z, queries);
      for (int from = 0; from < items; from += PART) {
        look(z, from, Math.min(items, from + PART), queries, asked, nearest);
      }
    }
    double sum = 0;
    for (int q = 0; q < queries.length; q++) {
      int[] partners = pairs.partners(queries[q]);
      sum += (double) nearest[q].found(partners) / Math.min(count, partners.length);
    }
    return sum / queries.length;
  }

  private static Tensor rows(FloatRows z, int[] items) {
    float[] values = new float[Math.multiplyExact(items.length, z.width())];
    for (int i = 0; i < items.length; i++) {
      z.copy(items[i], values, i * z.width());
    }
    return Tensors.floats(values, items.length, z.width());
  }

  /// Offers each query the nearest of the items `[from, until)`.
  private static void look(
      FloatRows z, int from, int until, int[] queries, Tensor asked, Nearest[] nearest) {
    try (var _ = new PointerScope()) {
      Tensor part = rows(z, IntStream.range(from, until).toArray());
      for (int first = 0; first < queries.length; first += BATCH) {
        int end = Math.min(queries.length, first + BATCH);
        try (var _ = new PointerScope()) {
          // One more than asked for: the item itself is among them.
          int width = (int) Math.min(nearest[first].count() + 1L, until - from);
          var top = asked.narrow(0, first, end - first).matmul(part.t()).topk(width, 1, true, true);
          float[] similarity = Tensors.toFloats(top.get0());
          long[] item = Tensors.toLongs(top.get1());
          for (int q = first; q < end; q++) {
            for (int i = 0; i < width; i++) {
              int at = (q - first) * width + i;
              if (from + item[at] != queries[q]) {
                nearest[q].offer((int) (from + item[at]), similarity[at]);
              }
            }
          }
        }
      }
    }
  }

  /// The nearest items so far, the nearest first.
  private record Nearest(int[] items, float[] similarity, int[] size) {
    Nearest(int count) {
      this(new int[count], new float[count], new int[1]);
    }

    int count() {
      return items.length;
    }

    void offer(int item, float value) {
      int at = size[0];
      while (at > 0 && similarity[at - 1] < value) {
        at--;
      }
      if (at == items.length) {
        return;
      }
      size[0] = Math.min(items.length, size[0] + 1);
      System.arraycopy(items, at, items, at + 1, size[0] - 1 - at);
      System.arraycopy(similarity, at, similarity, at + 1, size[0] - 1 - at);
      items[at] = item;
      similarity[at] = value;
    }

    /// How many of these items are among them.
    ///
    /// @param partners ascending
    int found(int[] partners) {
      int found = 0;
      for (int i = 0; i < size[0]; i++) {
        found += Arrays.binarySearch(partners, items[i]) >= 0 ? 1 : 0;
      }
      return found;
    }
  }
}
