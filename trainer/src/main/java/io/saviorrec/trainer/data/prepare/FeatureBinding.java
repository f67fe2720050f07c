package io.saviorrec.trainer.data.prepare;

import io.saviorrec.feature.FeatureColumn;
import io.saviorrec.feature.FeatureEncoder;
import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.table.Column;
import io.saviorrec.trainer.data.table.Database;
import io.saviorrec.trainer.data.table.FeatureTable;
import io.saviorrec.trainer.data.table.Sql;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;

/// The columns of a schema, each with the table column of its name that fills it.
final class FeatureBinding {
  private static final int ABSENT = -1;

  private final List<Column> columns;
  private final FeatureEncoder encoder;
  private final int[] source;

  /// Binds the columns to a schema, of which they may be more, fewer or others.
  ///
  /// @throws UserError on a column that holds text where the schema has numbers, or the reverse
  static FeatureBinding bind(
      FeatureTable table, Database database, String rows, List<FeatureColumn> schema) {
    for (FeatureColumn wanted : schema) {
      for (int c = 0; c < table.width(); c++) {
        Column column = table.columns().get(c);
        boolean number = wanted.kind() == FeatureColumn.Kind.NUMERIC;
        if (column.name().equals(wanted.name())
            && column.isNumber() != number
            // A file gives a column without any value some type or other.
            && database.number(Sql.format("SELECT count(%s) FROM %s", table.nameOf(c), rows)) > 0) {
          throw new UserError(
              String.format(
                  Locale.ROOT,
                  "%s: column '%s' holds %s but the schema's column of that name holds %s; rename it or give it that type",
                  rows,
                  column.name(),
                  column.isNumber() ? "numbers" : "text",
                  number ? "numbers" : "text"));
        }
      }
    }
    return new FeatureBinding(table.columns(), schema);
  }

  /// Binds by name; a schema column that the table lacks is missing in every row.
  private FeatureBinding(List<Column> columns, List<FeatureColumn> schema) {
    this.columns = List.copyOf(columns);
    this.encoder = new FeatureEncoder(schema);
    List<String> names = columns.stream().map(Column::name).toList();
    this.source = new int[schema.size()];
    for (int s = 0; s < source.length; s++) {
      int found = names.indexOf(schema.get(s).name());
      source[s] = found < 0 ? ABSENT : found;
    }
  }

  int width() {
    return source.length;
  }

  /// Encodes a row, whose table columns start at `first` in the select list.
  void encode(ResultSet row, int first, long[] out, int offset) throws SQLException {
    for (int s = 0; s < source.length; s++) {
      out[offset + s] =
          source[s] == ABSENT ? encoder.missing(s) : encode(row, first + source[s], s);
    }
  }

  private long encode(ResultSet row, int at, int column) throws SQLException {
    if (columns.get(source[column]).isNumber()) {
      double number = row.getDouble(at);
      return row.wasNull() ? encoder.missing(column) : encoder.encodeNumber(column, number);
    }
    return encoder.encodeText(column, row.getString(at));
  }
}
