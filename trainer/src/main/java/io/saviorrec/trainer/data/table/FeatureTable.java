package io.saviorrec.trainer.data.table;

import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.trainer.console.UserError;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// The feature columns of one table: under the prefix and their number in the database, and under
/// their own names in the schema.
public final class FeatureTable {
  private final String prefix;
  private final List<Column> columns;

  FeatureTable(TableFile file, String prefix, List<Column> columns) {
    this.prefix = prefix;
    this.columns = List.copyOf(columns);
    for (Column column : columns) {
      if (column.isNested()) {
        throw new UserError(
            String.format(
                Locale.ROOT,
                "%s: column '%s' has type %s, which cannot be a feature; leave it out or make it text or a number",
                file.path(),
                column.name(),
                column.type()));
      }
    }
  }

  /// No columns at all.
  FeatureTable(String prefix) {
    this.prefix = prefix;
    this.columns = List.of();
  }

  public List<Column> columns() {
    return columns;
  }

  /// The name of a column in the database.
  public String nameOf(int column) {
    return prefix + column;
  }

  public int width() {
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
  public String selectNames() {
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
        sql.append(Sql.format(" WHEN NOT isfinite(%s%d) THEN ", prefix, c))
            .append(Sql.text("column '" + columns.get(c).name() + "' is not finite"));
      }
    }
    return sql.toString();
  }

  /// The values of a row by column name, without those that are null; the columns start at `first`
  /// in the select list.
  public Map<String, FeatureValue> values(ResultSet row, int first) throws SQLException {
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
