package io.saviorrec.trainer.contrast;

import io.saviorrec.trainer.torch.Tensors;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/// Whether items that belong together lie close together: the share of an item's partners found
/// among its nearest neighbours.
public final class NeighbourRecall {
  /// Enough for an error below two percentage points.
  private static final int MAX_QUERIES = 1000;

  private static final int BATCH = 100;

  private NeighbourRecall() {}

  /// The mean over some items of (partners among the `count` nearest other items) / (partners, at
  /// most `count`), by cosine.
  ///
  /// @param z unit rows `[items, dim]`
  /// @return a number in [0, 1], NaN without pairs
  public static double at(int count, float[] z, int dim, PositivePairs pairs, long seed) {
    int items = z.length / dim;
    int[] queries =
        IntStream.range(0, items).filter(item -> pairs.partners(item).length > 0).toArray();
    Shuffled.shuffle(queries, new SplittableRandom(seed));
    queries = Arrays.copyOf(queries, Math.min(queries.length, MAX_QUERIES));
    double sum = 0;
    try (var _ = new PointerScope()) {
      Tensor all = Tensors.floats(z, items, dim);
      for (int from = 0; from < queries.length; from += BATCH) {
        int[] some = Arrays.copyOfRange(queries, from, Math.min(queries.length, from + BATCH));
        sum += recall(count, all, some, pairs);
      }
    }
    return sum / queries.length;
  }

  private static double recall(int count, Tensor all, int[] queries, PositivePairs pairs) {
    try (var _ = new PointerScope()) {
      long[] rows = Arrays.stream(queries).asLongStream().toArray();
      Tensor selected = all.index_select(0, Tensors.longs(rows, rows.length));
      // One more than asked for: the item itself is among them.
      int width = (int) Math.min(count + 1L, all.size(0));
      long[] nearest = Tensors.toLongs(selected.matmul(all.t()).topk(width, 1, true, true).get1());
      double sum = 0;
      for (int q = 0; q < queries.length; q++) {
        Set<Integer> partners = new HashSet<>();
        for (int partner : pairs.partners(queries[q])) {
          partners.add(partner);
        }
        int found = 0;
        int seen = 0;
        for (int i = 0; i < width && seen < count; i++) {
          int item = (int) nearest[q * width + i];
          if (item != queries[q]) {
            seen++;
            found += partners.contains(item) ? 1 : 0;
          }
        }
        sum += (double) found / Math.min(count, partners.size());
      }
      return sum;
    }
  }
}
