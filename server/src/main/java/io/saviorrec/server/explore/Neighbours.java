package io.saviorrec.server.explore;

import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.server.registry.LiveModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/// Items of a bundle that are like one item: by z, and by the codes that they share from the first
/// on.
///
/// It looks at every row of the table, which is in the order of milliseconds for 100,000 items, and
/// needs no memory for an index.
final class Neighbours {
  /// An item and how near it is: the cosine of both z.
  record Near(long itemId, float similarity) {}

  /// Items that share exactly so many codes, of which some are named.
  record Sharing(int codes, int count, List<Long> itemIds) {}

  /// What is like an item.
  record Found(List<Near> nearest, List<Sharing> sharing) {}

  private Neighbours() {}

  /// @param most named by each of the two ways
  static Found of(LiveModel model, long itemId, ItemBatch item, int most) {
    ItemTable table = model.table();
    int levels = table.levels();
    float[] z = new float[table.zDim()];
    int[] codes = new int[levels];
    PriorityQueue<Near> nearest = new PriorityQueue<>(Comparator.comparingDouble(Near::similarity));
    int[] counts = new int[levels + 1];
    List<List<Long>> named = new ArrayList<>();
    for (int shared = 0; shared <= levels; shared++) {
      named.add(new ArrayList<>());
    }
    for (int row = 0; row < table.size(); row++) {
      long id = table.itemId(row);
      if (id == itemId) {
        continue;
      }
      table.z(row, z, 0);
      float similarity = cosine(item.z(), z);
      if (nearest.size() < most) {
        nearest.add(new Near(id, similarity));
      } else if (similarity > nearest.element().similarity()) {
        nearest.remove();
        nearest.add(new Near(id, similarity));
      }
      table.codes(row, codes, 0);
      int shared = shared(item.codes(), codes);
      counts[shared]++;
      if (named.get(shared).size() < most) {
        named.get(shared).add(id);
      }
    }
    List<Near> ordered = new ArrayList<>(nearest);
    ordered.sort(Comparator.comparingDouble(Near::similarity).reversed());
    List<Sharing> sharing = new ArrayList<>();
    for (int shared = levels; shared > 0; shared--) {
      if (counts[shared] > 0) {
        sharing.add(new Sharing(shared, counts[shared], named.get(shared)));
      }
    }
    return new Found(ordered, sharing);
  }

  private static float cosine(float[] one, float[] other) {
    float product = 0;
    float squaredOne = 0;
    float squaredOther = 0;
    for (int i = 0; i < one.length; i++) {
      product += one[i] * other[i];
      squaredOne += one[i] * one[i];
      squaredOther += other[i] * other[i];
    }
    double lengths = Math.sqrt(squaredOne) * Math.sqrt(squaredOther);
    return lengths == 0 ? 0 : (float) (product / lengths);
  }

  private static int shared(int[] one, int[] other) {
    int mismatch = Arrays.mismatch(one, other);
    return mismatch < 0 ? one.length : mismatch;
  }
}
