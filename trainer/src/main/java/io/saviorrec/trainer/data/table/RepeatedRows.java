package io.saviorrec.trainer.data.table;

import java.util.stream.Collectors;

/// Marks rows that repeat an earlier row of their file in every column, so that they count once.
public final class RepeatedRows {
  private RepeatedRows() {}

  /// Gives a reason to the repetitions in a checked table, which has `row_number` of the raw table.
  ///
  /// @param keys columns of the checked table in which few rows agree that are not the same
  public static void mark(Database database, String checkedTable, TableFile file, String keys) {
    String everyColumn =
        file.columns().stream().map(c -> Sql.name(c.name())).collect(Collectors.joining(", "));
    // Whole rows are compared only where the keys agree: most logs have few such rows, and a window
    // over all columns of all rows would take longer than everything else.
    database.execute(
        Sql.format(
            """
            UPDATE %1$s SET reason = 'the row occurs again in every column; it counts once'
            WHERE row_number IN (
              SELECT row_number FROM (
                SELECT rowid AS row_number, row_number() OVER (PARTITION BY %2$s ORDER BY rowid) AS place
                FROM %3$s
                WHERE rowid IN (
                  SELECT row_number FROM %1$s SEMI JOIN (
                    SELECT %4$s FROM %1$s WHERE reason IS NULL GROUP BY %4$s HAVING count(*) > 1)
                  USING (%4$s) WHERE reason IS NULL))
              WHERE place > 1)""",
            checkedTable, everyColumn, file.rawTable(), keys));
  }
}
