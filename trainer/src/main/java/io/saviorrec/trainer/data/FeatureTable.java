package io.saviorrec.trainer.data;

import io.saviorrec.feature.FeatureColumn;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.trainer.console.UserError;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The feature columns of one table: under the prefix and their number in the database, and under
/// their own names in the schema.
final class FeatureTable {
  private static final int MAX_BOUNDARIES = 15;
  private static final int MIN_BUCKETS = 4;
  private static final int MAX_BUCKETS = 65_536;

  private final String prefix;
  private final List<Column> columns;

  FeatureTable(TableFile file, String prefix, List<Column> columns) {
    this.prefix = prefix;
    this.columns = List.copyOf(columns);
    for (Column column : columns) {
      if (column.isNested()) {
        throw new UserError(
            "%s: column '%s' has type %s, which is no feature; leave it out or make it text or a number"
                .formatted(file.path(), column.name(), column.type()));
      }
    }
  }

  /// No columns at all.
  FeatureTable(String prefix) {
    this.prefix = prefix;
    this.columns = List.of();
  }

  int width() {
    return columns.size();
  }

  /// `, <value> AS c0, …` for a select list over the raw table.
  String selectValues() {
    StringBuilder sql = new StringBuilder();
    for (int c = 0; c < columns.size(); c++) {
      Column column = columns.get(c);
      String value =
          column.isNumber()
              ? "CAST(" + Sql.name(column.name()) + " AS DOUBLE)"
              : Sql.verbatim(column);
      sql.append(", ").append(value).append(" AS ").append(prefix).append(c);
    }
    return sql.toString();
  }

  /// `, c0, …` for a select list over a checked table.
  String selectNames() {
    StringBuilder sql = new StringBuilder();
    for (int c = 0; c < columns.size(); c++) {
      sql.append(", ").append(prefix).append(c);
    }
    return sql.toString();
  }

  /// `WHEN … THEN reason` for values that are no feature values.
  String rejectCases() {
    StringBuilder sql = new StringBuilder();
    for (int c = 0; c < columns.size(); c++) {
      if (columns.get(c).isFloat()) {
        sql.append(" WHEN NOT isfinite(%s%d) THEN ".formatted(prefix, c))
            .append(Sql.text("column '" + columns.get(c).name() + "' is not finite"));
      }
    }
    return sql.toString();
  }

  /// Sizes the columns by their values in the given rows, which are to be of the training period.
  List<FeatureColumn> schema(Database database, String rows) {
    List<FeatureColumn> schema = new ArrayList<>();
    for (int c = 0; c < columns.size(); c++) {
      Column column = columns.get(c);
      schema.add(
          column.isNumber()
              ? FeatureColumn.numeric(column.name(), boundaries(database, rows, prefix + c))
              : FeatureColumn.categorical(column.name(), buckets(database, rows, prefix + c)));
    }
    return schema;
  }

  /// A power of two of at least four times the distinct values, so that few of them collide.
  private static int buckets(Database database, String rows, String value) {
    long wanted = 4 * database.number("SELECT count(DISTINCT %s) FROM %s".formatted(value, rows));
    int buckets = MIN_BUCKETS;
    while (buckets < wanted && buckets < MAX_BUCKETS) {
      buckets *= 2;
    }
    return buckets;
  }

  /// Up to 15 quantiles, which cut the values into intervals of about the same weight.
  private static List<Float> boundaries(Database database, String rows, String value) {
    StringBuilder quantiles = new StringBuilder("0.0");
    for (int q = 1; q <= MAX_BOUNDARIES; q++) {
      quantiles.append(", ").append(q / (MAX_BOUNDARIES + 1.0));
    }
    List<Float> boundaries = new ArrayList<>();
    float[] last = {Float.NaN};
    database.query(
        "SELECT unnest(quantile_disc(%s, [%s])) FROM %s WHERE %1$s IS NOT NULL"
            .formatted(value, quantiles, rows),
        row -> {
          float quantile = (float) row.getDouble(1);
          // The first is the minimum, which would cut off nothing.
          if (quantile > last[0] && Float.isFinite(quantile)) {
            boundaries.add(quantile);
          }
          last[0] = quantile;
        });
    return boundaries;
  }

  /// Binds the columns to a schema, of which they may be more, fewer or others.
  ///
  /// @throws UserError on a column that holds text where the schema has numbers, or the reverse
  FeatureBinding bind(Database database, String rows, List<FeatureColumn> schema) {
    for (FeatureColumn wanted : schema) {
      for (int c = 0; c < columns.size(); c++) {
        Column column = columns.get(c);
        boolean number = wanted.kind() == FeatureColumn.Kind.NUMERIC;
        if (column.name().equals(wanted.name())
            && column.isNumber() != number
            // A file gives a column without any value some type or other.
            && database.number("SELECT count(%s%d) FROM %s".formatted(prefix, c, rows)) > 0) {
          throw new UserError(
              "%s: column '%s' holds %s but the schema's column of that name holds %s; rename it or give it that type"
                  .formatted(
                      rows,
                      column.name(),
                      column.isNumber() ? "numbers" : "text",
                      number ? "numbers" : "text"));
        }
      }
    }
    return new FeatureBinding(columns, schema);
  }

  /// The values of a row by column name, without those that are null; the columns start at `first`
  /// in the select list.
  Map<String, FeatureValue> values(ResultSet row, int first) throws SQLException {
    Map<String, FeatureValue> values = new LinkedHashMap<>();
    for (int c = 0; c < columns.size(); c++) {
      FeatureValue.Builder value = FeatureValue.newBuilder();
      if (columns.get(c).isNumber()) {
        value.setNumber(row.getDouble(first + c));
      } else {
        String text = row.getString(first + c);
        value.setText(text == null ? "" : text);
      }
      if (!row.wasNull()) {
        values.put(columns.get(c).name(), value.build());
      }
    }
    return values;
  }
}
