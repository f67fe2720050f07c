package io.saviorrec.trainer.contrast;

import io.saviorrec.trainer.data.log.CoClicks;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/// The pairs of items that belong together (P⁺), grouped by their first item, and draws from them
/// in proportion to their weights.
///
/// A pair counts in both directions, whichever of them were given.
public final class PositivePairs {
  /// Below 1, so that pairs of head items do not dominate.
  private static final double SCORE_POWER = 0.75;

  private final int[] start;
  private final int[] owner;
  private final int[] partner;
  private final double[] cumulative;

  private PositivePairs(int[] start, int[] owner, int[] partner, double[] cumulative) {
    this.start = start;
    this.owner = owner;
    this.partner = partner;
    this.cumulative = cumulative;
  }

  /// Pairs between allowed items of a catalogue of `items`.
  ///
  /// A pair's weight is its score raised to 3/4, the larger one where both directions are given.
  ///
  /// @param allowed only pairs of two of these items are kept
  public static PositivePairs of(int items, CoClicks coClicks, int[] allowed) {
    int[] first = coClicks.first();
    int[] second = coClicks.second();
    float[] score = coClicks.weight();
    boolean[] isAllowed = new boolean[items];
    for (int item : allowed) {
      isAllowed[item] = true;
    }
    int kept = 0;
    long[] key = new long[2 * first.length];
    float[] value = new float[2 * first.length];
    for (int i = 0; i < first.length; i++) {
      if (first[i] == second[i] || !(score[i] > 0)) {
        throw new IllegalArgumentException(
            "pair %d is (%d, %d) with score %s; it must join two items with a positive score"
                .formatted(i, first[i], second[i], score[i]));
      }
      float weight = (float) Math.pow(score[i], SCORE_POWER);
      if (isAllowed[first[i]] && isAllowed[second[i]]) {
        key[kept] = (long) first[i] * items + second[i];
        value[kept++] = weight;
        key[kept] = (long) second[i] * items + first[i];
        value[kept++] = weight;
      }
    }
    return grouped(items, key, value, kept);
  }

  private static PositivePairs grouped(int items, long[] key, float[] value, int kept) {
    int[] order =
        IntStream.range(0, kept)
            .boxed()
            .sorted((x, y) -> Long.compare(key[x], key[y]))
            .mapToInt(Integer::intValue)
            .toArray();
    int[] start = new int[items + 1];
    int[] owner = new int[kept];
    int[] partner = new int[kept];
    float[] weight = new float[kept];
    int size = 0;
    for (int i : order) {
      int from = (int) (key[i] / items);
      int to = (int) (key[i] % items);
      if (size > 0 && owner[size - 1] == from && partner[size - 1] == to) {
        weight[size - 1] = Math.max(weight[size - 1], value[i]);
        continue;
      }
      owner[size] = from;
      partner[size] = to;
      weight[size++] = value[i];
      start[from + 1]++;
    }
    for (int i = 0; i < items; i++) {
      start[i + 1] += start[i];
    }
    double[] cumulative = new double[size + 1];
    for (int i = 0; i < size; i++) {
      cumulative[i + 1] = cumulative[i] + weight[i];
    }
    return new PositivePairs(
        start, Arrays.copyOf(owner, size), Arrays.copyOf(partner, size), cumulative);
  }

  /// Pairs, both directions counted.
  public int size() {
    return partner.length;
  }

  /// The partners of an item, ascending.
  public int[] partners(int item) {
    return Arrays.copyOfRange(partner, start[item], start[item + 1]);
  }

  /// The share of draws whose first item is this one.
  public double probability(int item) {
    return (cumulative[start[item + 1]] - cumulative[start[item]]) / cumulative[size()];
  }

  /// Draws pairs in proportion to their weights into `first` and `second`.
  public void sample(RandomGenerator random, int[] first, int[] second) {
    for (int i = 0; i < first.length; i++) {
      int pair = draw(random, 0, size());
      first[i] = owner[pair];
      second[i] = partner[pair];
    }
  }

  /// Draws one partner of an item in proportion to the weights, -1 when it has none.
  public int samplePartner(RandomGenerator random, int item) {
    return start[item] == start[item + 1]
        ? -1
        : partner[draw(random, start[item], start[item + 1])];
  }

  private int draw(RandomGenerator random, int from, int to) {
    double point = cumulative[from] + random.nextDouble() * (cumulative[to] - cumulative[from]);
    int found = Arrays.binarySearch(cumulative, from, to + 1, point);
    int pair = found >= 0 ? found : -found - 2;
    return Math.min(Math.max(pair, from), to - 1);
  }

  /// The positions of a batch's logits that are not negatives: flat `row · B + column`, without the
  /// diagonal, where the row's and the column's items are the same or a known pair.
  ///
  /// @param first the rows' items [B]
  /// @param second their partners, the columns' items [B]
  public long[] excluded(int[] first, int[] second) {
    int batch = first.length;
    // Chains of the batch positions at which an item stands, for both sides.
    BatchPositions firsts = new BatchPositions(first);
    BatchPositions seconds = new BatchPositions(second);
    int[] lastSeen = new int[batch];
    Arrays.fill(lastSeen, -1);
    LongList positions = new LongList();
    for (int row = 0; row < batch; row++) {
      lastSeen[row] = row;
      firsts.collect(first[row], row, lastSeen, positions);
      seconds.collect(second[row], row, lastSeen, positions);
      seconds.collect(first[row], row, lastSeen, positions);
      firsts.collect(second[row], row, lastSeen, positions);
      for (int i = start[first[row]]; i < start[first[row] + 1]; i++) {
        seconds.collect(partner[i], row, lastSeen, positions);
      }
    }
    return positions.toArray();
  }
}
