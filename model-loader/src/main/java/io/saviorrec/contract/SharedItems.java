package io.saviorrec.contract;

import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.bundle.ItemTable;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.proto.v1.ScoreSource;
import java.util.Arrays;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// What stands for an item that nobody sent: the mean of the trained items that share most with it.
///
/// The steps, of which the first that applies is taken:
/// 1. `SHARED_CODES`: the request has the item's semantic ID. z is the mean over the trained items
///    that share the longest prefix of it, of one code at least; the codes are the request's.
/// 2. `SHARED_CATEGORY`: the request has the item's category. z is the mean over the trained items
///    of that category; there are no codes.
/// 3. `UNKNOWN_ITEM`: neither. z is zero and there are no codes, as [RankerContract#unknownItem]
///    has it.
///
/// The item columns are those that most of the same items have, and the category the request's. An
/// item's own ID is never one that training knew. What a step's scores are off on average, the
/// manifest's [io.saviorrec.bundle.Manifest.Fallback] takes back.
///
/// Memory: the numbers of the table's rows in two orders, 8 bytes for each item. Means are computed
/// when they are asked for, over [#MOST_ITEMS] evenly drawn items at most.
public final class SharedItems {
  /// Enough for a mean: its error is a thirty-second part of what items differ by.
  static final int MOST_ITEMS = 1024;

  /// Says that no row of the table is to be left out.
  public static final int NO_ROW = -1;

  private static final int BITS = 63;

  private final ItemTable table;
  private final RankerContract contract;

  /// Of the item columns; -1: the model has none of that name.
  private final int categoryColumn;

  /// The first codes of a semantic ID, by which rows are in order: as many as fit into a number
  /// beside the row's.
  private final int levels;

  private final int codeBits;

  /// Rows by codes.
  private final int[] byCodes;

  /// Rows that have a category, by it.
  private final int[] byCategory;

  /// Rows `[from, to)` of an order.
  private record Range(int from, int to) {
    /// Whether there is one but this.
    boolean hasOther(int[] rows, int notRow) {
      return to - from > 1 || (to - from == 1 && rows[from] != notRow);
    }
  }

  private SharedItems(
      ItemTable table, RankerContract contract, FeatureSchema features, int[] rows) {
    this.table = table;
    this.contract = contract;
    this.categoryColumn = features.itemColumn(FeatureSchema.CATEGORY);
    int rowBits = bits(table.size());
    int[] codes = new int[table.levels()];
    this.codeBits = bits(contract.codebookSize());
    this.levels = Math.min(codes.length, (BITS - rowBits) / codeBits);
    this.byCodes =
        ordered(
            Arrays.stream(rows)
                .mapToLong(
                    row -> {
                      table.codes(row, codes, 0);
                      return prefix(codes, 0, levels) << rowBits | row;
                    }),
            rowBits);
    this.byCategory =
        categoryColumn < 0
            ? new int[0]
            : ordered(
                Arrays.stream(rows)
                    .filter(row -> category(row) != missingCategory())
                    .mapToLong(row -> category(row) << rowBits | row),
                rowBits);
  }

  /// Of all items of a table, which is read for as long as means are asked for.
  public static SharedItems of(ItemTable table, RankerContract contract, FeatureSchema features) {
    return of(table, contract, features, _ -> true);
  }

  /// Of some of its rows.
  public static SharedItems of(
      ItemTable table, RankerContract contract, FeatureSchema features, IntPredicate rows) {
    return new SharedItems(
        table, contract, features, IntStream.range(0, table.size()).filter(rows).toArray());
  }

  private static int bits(int largest) {
    return Math.max(1, Integer.SIZE - Integer.numberOfLeadingZeros(largest));
  }

  private static int[] ordered(LongStream keys, int rowBits) {
    long mask = (1L << rowBits) - 1;
    return keys.sorted().mapToInt(key -> (int) (key & mask)).toArray();
  }

  private long prefix(int[] codes, int at, int length) {
    long prefix = 0;
    for (int level = 0; level < length; level++) {
      prefix = prefix << codeBits | codes[at + level];
    }
    return prefix;
  }

  private long category(int row) {
    return table.feature(row, categoryColumn);
  }

  private long missingCategory() {
    return contract.unknownItem().features()[categoryColumn];
  }

  /// Writes all that the ranker is told of a request's candidate by a server that was sent nothing.
  ///
  /// @return where that is from
  public ScoreSource candidate(EncodedRequest request, int candidate, ItemBatch out, int at) {
    CandidateHints hints = request.hints();
    int row = table.find(request.candidates()[candidate]);
    ScoreSource source = ScoreSource.TRAINED;
    if (row >= 0) {
      table.copy(row, out, at);
    } else {
      source =
          fill(
              hints == null ? null : hints.codes(),
              candidate * table.levels(),
              hints == null || hints.categories() == null
                  ? CandidateHints.NO_CATEGORY
                  : hints.categories()[candidate],
              NO_ROW,
              out,
              at);
    }
    if (hints != null) {
      hints.putStats(candidate, table.statCount(), out.stats(), at);
    }
    return source;
  }

  /// Writes what stands for an item, but its statistics.
  ///
  /// @param codes the item's semantic ID at this place; null, or -1 there: not known
  /// @param category row of the column `category`; negative: not known
  /// @param notRow row of the table that is left out; [#NO_ROW]: none
  /// @return the step that was taken
  public ScoreSource fill(
      int @Nullable [] codes, int codesAt, long category, int notRow, ItemBatch out, int at) {
    ItemBatch nothing = contract.unknownItem();
    copy(nothing, out, at);
    if (codes != null && codes[codesAt] >= 0) {
      Range alike = longestPrefix(codes, codesAt, notRow);
      if (alike.to > alike.from) {
        System.arraycopy(codes, codesAt, out.codes(), at * table.levels(), table.levels());
        average(byCodes, alike, notRow, out, at);
        setCategory(category, out, at);
        return ScoreSource.SHARED_CODES;
      }
    }
    Range shared = categoryColumn < 0 || category < 0 ? new Range(0, 0) : ofCategory(category);
    if (!shared.hasOther(byCategory, notRow)) {
      return ScoreSource.UNKNOWN_ITEM;
    }
    average(byCategory, shared, notRow, out, at);
    setCategory(category, out, at);
    return ScoreSource.SHARED_CATEGORY;
  }

  private void setCategory(long category, ItemBatch out, int at) {
    if (categoryColumn >= 0 && category >= 0) {
      out.features()[at * table.featureCount() + categoryColumn] = category;
    }
  }

  private void copy(ItemBatch item, ItemBatch out, int at) {
    out.itemIds()[at] = item.itemIds()[0];
    System.arraycopy(
        item.features(), 0, out.features(), at * table.featureCount(), table.featureCount());
    System.arraycopy(item.z(), 0, out.z(), at * table.zDim(), table.zDim());
    System.arraycopy(item.codes(), 0, out.codes(), at * table.levels(), table.levels());
  }

  /// Empty when no other row shares the first code.
  private Range longestPrefix(int[] codes, int codesAt, int notRow) {
    Range longest = new Range(0, 0);
    Range range = new Range(0, byCodes.length);
    int[] row = new int[table.levels()];
    for (int length = 1; length <= levels; length++) {
      long prefix = prefix(codes, codesAt, length);
      int count = length;
      range =
          equal(
              range,
              i -> {
                table.codes(byCodes[i], row, 0);
                return Long.compare(prefix(row, 0, count), prefix);
              });
      if (!range.hasOther(byCodes, notRow)) {
        return longest;
      }
      longest = range;
    }
    return longest;
  }

  private Range ofCategory(long category) {
    return equal(
        new Range(0, byCategory.length), i -> Long.compare(category(byCategory[i]), category));
  }

  /// The part of a range, in order, at which the comparison gives 0.
  private static Range equal(Range within, IntUnaryOperator compare) {
    int from = first(within, i -> compare.applyAsInt(i) >= 0);
    return new Range(from, first(new Range(from, within.to), i -> compare.applyAsInt(i) > 0));
  }

  private static int first(Range within, IntPredicate reached) {
    int low = within.from;
    int high = within.to;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (reached.test(middle)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  /// The mean z of rows, and of each column what most of them have.
  private void average(int[] rows, Range range, int notRow, ItemBatch out, int at) {
    int size = range.to - range.from;
    int drawn = Math.min(size, MOST_ITEMS);
    int width = table.featureCount();
    double[] sum = new double[table.zDim()];
    float[] z = new float[table.zDim()];
    long[][] columns = new long[width][drawn];
    int count = 0;
    for (int i = 0; i < drawn; i++) {
      int row = rows[range.from + (int) ((long) i * size / drawn)];
      if (row == notRow) {
        continue;
      }
      table.z(row, z, 0);
      for (int d = 0; d < z.length; d++) {
        sum[d] += z[d];
      }
      for (int c = 0; c < width; c++) {
        columns[c][count] = table.feature(row, c);
      }
      count++;
    }
    for (int d = 0; d < z.length; d++) {
      out.z()[at * z.length + d] = (float) (sum[d] / count);
    }
    for (int c = 0; c < width; c++) {
      out.features()[at * width + c] = mostFrequent(columns[c], count);
    }
  }

  private static long mostFrequent(long[] values, int count) {
    Arrays.sort(values, 0, count);
    long most = values[0];
    int longest = 0;
    int from = 0;
    for (int i = 1; i <= count; i++) {
      if (i == count || values[i] != values[from]) {
        if (i - from > longest) {
          longest = i - from;
          most = values[from];
        }
        from = i;
      }
    }
    return most;
  }
}
