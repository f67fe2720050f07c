package io.saviorrec.trainer.contrast;

import io.saviorrec.trainer.data.log.CoClicks;
import java.util.Arrays;
import java.util.random.RandomGenerator;

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
    int[] end = new int[items + 1];
    for (int i = 0; i < first.length; i++) {
      if (first[i] == second[i] || !(score[i] > 0)) {
        throw new IllegalArgumentException(
            "pair %d is (%d, %d) with score %s; it must join two items with a positive score"
                .formatted(i, first[i], second[i], score[i]));
      }
      if (isAllowed[first[i]] && isAllowed[second[i]]) {
        end[first[i] + 1]++;
        end[second[i] + 1]++;
      }
    }
    for (int i = 0; i < items; i++) {
      end[i + 1] = Math.addExact(end[i + 1], end[i]);
    }
    // The number of the partner in the upper half, the weight's bits in the lower: pairs of an item
    // sort by partner and then, as weights are positive, by weight.
    long[] grouped = new long[end[items]];
    int[] next = end.clone();
    for (int i = 0; i < first.length; i++) {
      if (isAllowed[first[i]] && isAllowed[second[i]]) {
        long weight = Float.floatToRawIntBits((float) Math.pow(score[i], SCORE_POWER));
        grouped[next[first[i]]++] = (long) second[i] << Integer.SIZE | weight;
        grouped[next[second[i]]++] = (long) first[i] << Integer.SIZE | weight;
      }
    }
    return distinct(items, end, grouped);
  }

  /// @param end pairs of item `i` are at `end[i]` to `end[i + 1]`
  private static PositivePairs distinct(int items, int[] end, long[] grouped) {
    int[] start = new int[items + 1];
    int[] owner = new int[grouped.length];
    int[] partner = new int[grouped.length];
    float[] weight = new float[grouped.length];
    int size = 0;
    for (int item = 0; item < items; item++) {
      Arrays.sort(grouped, end[item], end[item + 1]);
      for (int i = end[item]; i < end[item + 1]; i++) {
        int to = (int) (grouped[i] >>> Integer.SIZE);
        if (size > start[item] && partner[size - 1] == to) {
          size--;
        }
        owner[size] = item;
        partner[size] = to;
        weight[size++] = Float.intBitsToFloat((int) grouped[i]);
      }
      start[item + 1] = size;
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
