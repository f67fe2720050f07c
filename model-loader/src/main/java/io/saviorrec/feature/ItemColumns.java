package io.saviorrec.feature;

import io.saviorrec.proto.v1.FeatureValue;
import java.util.List;
import java.util.Map;

/// Encodes an item's own columns, such as its category, in the trainer as in the server.
///
/// The column [FeatureSchema#CATEGORY] takes the item's category, unless its features have a value
/// of that name.
public final class ItemColumns {
  private final List<FeatureColumn> columns;
  private final FeatureEncoder encoder;

  public ItemColumns(List<FeatureColumn> columns) {
    this.columns = List.copyOf(columns);
    this.encoder = new FeatureEncoder(columns);
  }

  /// Number of columns F.
  public int width() {
    return columns.size();
  }

  /// Rows of the table that the columns share.
  public long tableSize() {
    return encoder.tableSize();
  }

  /// The rows of an item of which nothing is known.
  public long[] missing() {
    long[] rows = new long[columns.size()];
    for (int c = 0; c < rows.length; c++) {
      rows[c] = encoder.missing(c);
    }
    return rows;
  }

  /// Puts the rows of the values that are given over `known`, which has those of the others.
  ///
  /// @param category the item's category; empty: not given
  /// @param features further values by column name; names of no column are ignored
  /// @throws FeatureException on a value that its column cannot hold
  public long[] encode(String category, Map<String, FeatureValue> features, long[] known) {
    long[] rows = known.clone();
    for (int c = 0; c < rows.length; c++) {
      String name = columns.get(c).name();
      FeatureValue value = features.get(name);
      if (value != null) {
        switch (value.getKindCase()) {
          case TEXT -> rows[c] = encoder.encodeText(c, value.getText());
          case NUMBER -> rows[c] = encoder.encodeNumber(c, value.getNumber());
          case KIND_NOT_SET -> rows[c] = encoder.missing(c);
        }
      } else if (name.equals(FeatureSchema.CATEGORY) && !category.isEmpty()) {
        rows[c] = encoder.encodeText(c, category);
      }
    }
    return rows;
  }
}
