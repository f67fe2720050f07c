package io.saviorrec.feature;

import io.saviorrec.proto.v1.FeatureValue;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Turns feature values into rows of one embedding table that all columns share.
///
/// A value's row is its column's offset plus a local index. Local index 0 means missing; a
/// categorical value has `1 + hash(name=value) mod (buckets - 1)`, a numeric one `1 +` the number
/// of boundaries that are not greater than it. Trainer and server use this same class, so that no
/// value can mean two things.
public final class FeatureEncoder {

  /// The largest magnitude below which every whole double is exact.
  private static final double MAX_WHOLE = 1L << 53;

  private static final int SHOWN_CHARS = 100;

  private final List<FeatureColumn> columns;
  private final float[][] boundaries;
  private final long[] offsets;
  private final long tableSize;

  public FeatureEncoder(List<FeatureColumn> columns) {
    this.columns = List.copyOf(columns);
    this.boundaries = new float[columns.size()][];
    this.offsets = new long[columns.size()];
    long offset = 0;
    for (int c = 0; c < columns.size(); c++) {
      List<Float> list = columns.get(c).boundaries();
      boundaries[c] = new float[list.size()];
      for (int i = 0; i < list.size(); i++) {
        boundaries[c][i] = list.get(i);
      }
      offsets[c] = offset;
      offset += columns.get(c).buckets();
    }
    this.tableSize = offset;
  }

  /// Number of columns: the length of what [#encode] returns.
  public int width() {
    return offsets.length;
  }

  /// Rows of the shared table: the sum of all columns' buckets.
  public long tableSize() {
    return tableSize;
  }

  /// One row a column, in the order of the columns; a value of the wrong kind counts as missing.
  ///
  /// @param unused gets the names that are no column's, and those whose value is of the wrong kind
  /// @throws FeatureException on NaN and infinity
  public long[] encode(Map<String, FeatureValue> values, List<String> unused) {
    long[] rows = new long[offsets.length];
    int found = 0;
    for (int c = 0; c < rows.length; c++) {
      FeatureValue value = values.get(columns.get(c).name());
      rows[c] = missing(c);
      if (value == null) {
        continue;
      }
      found++;
      if (!fits(columns.get(c), value)) {
        unused.add(columns.get(c).name());
      } else {
        rows[c] =
            switch (value.getKindCase()) {
              case TEXT -> encodeText(c, value.getText());
              case NUMBER -> encodeNumber(c, value.getNumber());
              case KIND_NOT_SET -> missing(c);
            };
      }
    }
    if (found < values.size()) {
      values.keySet().stream().filter(name -> !isColumn(name)).sorted().forEach(unused::add);
    }
    return rows;
  }

  private static boolean fits(FeatureColumn column, FeatureValue value) {
    return switch (column.kind()) {
      case CATEGORICAL ->
          !value.hasNumber() || !Double.isFinite(value.getNumber()) || isWhole(value.getNumber());
      case NUMERIC -> !value.hasText() || value.getText().isEmpty();
    };
  }

  private static boolean isWhole(double number) {
    return number == Math.rint(number) && Math.abs(number) <= MAX_WHOLE;
  }

  private boolean isColumn(String name) {
    return columns.stream().anyMatch(column -> column.name().equals(name));
  }

  private static String describe(FeatureColumn column) {
    return switch (column.kind()) {
      case CATEGORICAL -> column.name() + " (text)";
      case NUMERIC -> column.name() + " (number)";
    };
  }

  /// Names and kinds of the columns, for people.
  @Override
  public String toString() {
    return columns.stream()
        .map(FeatureEncoder::describe)
        .collect(Collectors.joining(", ", "[", "]"));
  }

  /// The row of a missing value.
  public long missing(int column) {
    return offsets[column];
  }

  /// The row of a name; null and empty text count as missing.
  ///
  /// @throws FeatureException on text for a numeric column
  public long encodeText(int column, @Nullable String text) {
    if (text == null || text.isEmpty()) {
      return missing(column);
    }
    FeatureColumn c = columns.get(column);
    return switch (c.kind()) {
      case CATEGORICAL ->
          offsets[column] + 1 + FeatureHasher.bucket(c.name(), text, c.buckets() - 1);
      case NUMERIC ->
          throw new FeatureException(
              "Column '%s' holds numbers but the value was the text '%s'"
                  .formatted(c.name(), cut(text)));
    };
  }

  /// Of a text for an error, which may be of any length.
  private static String cut(String text) {
    return text.length() <= SHOWN_CHARS ? text : text.substring(0, SHOWN_CHARS) + "…";
  }

  /// The row of a number; a whole number in a categorical column stands for its decimal digits.
  ///
  /// @throws FeatureException on NaN, infinity, or a fraction for a categorical column
  public long encodeNumber(int column, double number) {
    FeatureColumn c = columns.get(column);
    if (!Double.isFinite(number)) {
      throw new FeatureException(
          "Column '%s' needs a finite number but the value was %s".formatted(c.name(), number));
    }
    return switch (c.kind()) {
      case CATEGORICAL -> {
        if (!isWhole(number)) {
          throw new FeatureException(
              "Column '%s' holds names but the value was the number %s; send it as text"
                  .formatted(c.name(), number));
        }
        yield encodeText(column, Long.toString((long) number));
      }
      case NUMERIC -> offsets[column] + 1 + countNotGreater(boundaries[column], number);
    };
  }

  private static int countNotGreater(float[] ascending, double number) {
    int low = 0;
    int high = ascending.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (ascending[middle] <= number) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
