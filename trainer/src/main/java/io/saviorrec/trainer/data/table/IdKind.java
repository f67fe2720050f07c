package io.saviorrec.trainer.data.table;

import io.saviorrec.trainer.console.UserError;

/// What the ids of users and items are in a data set.
public enum IdKind {
  /// Whole numbers of 64 bits, which the server knows them by too.
  NUMBER,
  /// Texts; the server and this data set know each by the number of `StringId`.
  TEXT;

  /// The id as BIGINT, null where it is none.
  String sql(TableFile file, Column column) {
    return switch (this) {
      case NUMBER -> Sql.wholeNumber(column);
      case TEXT -> {
        // A number that was read as one has lost how it was written.
        if (column.isNumber()) {
          throw new UserError(
              Sql.format(
                  "%s: ids are text, by %s, but the column %s was read as numbers; write it as text in Parquet or JSONL, or take \"%s\" out",
                  file.path(), DataSetFormat.DESCRIPTION, column.name(), DataSetFormat.IDS));
        }
        yield Sql.textId(column);
      }
    };
  }

  /// Why an id can be none.
  String fault() {
    return switch (this) {
      case NUMBER -> "is not a whole number of 64 bits";
      case TEXT -> "is not a text";
    };
  }

  /// Refuses a table in which two texts have one number.
  ///
  /// @param column of ids, beside one of their texts, `COLUMN_text`
  void requireDistinct(Database database, String checkedTable, String column, TableFile file) {
    if (this == NUMBER) {
      return;
    }
    database.query(
        Sql.format(
            """
            SELECT min(%1$s_text), max(%1$s_text) FROM %2$s WHERE %1$s IS NOT NULL
            GROUP BY %1$s HAVING min(%1$s_text) <> max(%1$s_text) LIMIT 1""",
            column, checkedTable),
        row -> {
          throw new UserError(
              Sql.format(
                  "%s: '%s' and '%s' of %s have one number; rename one of them",
                  file.path(), row.getString(1), row.getString(2), column));
        });
  }
}
