package io.saviorrec.trainer.data.table;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Collects the rejected rows of all tables.
public final class Rejects {
  private static final int MAX_SAMPLE_CHARS = 200;

  private final Database database;
  private final @Nullable RejectFile all;
  private final List<Reject> rejects = new ArrayList<>();

  /// @param all takes every one of them; null: they are counted alone
  public Rejects(Database database, @Nullable RejectFile all) {
    this.database = database;
    this.all = all;
  }

  /// Adds what the checked table's `reason` column says; its `row_number` is the raw table's rowid.
  public void addFrom(String table, String checkedTable, TableFile file) {
    List<Found> found = new ArrayList<>();
    database.query(
        Sql.format(
            "SELECT reason, count(*), min(row_number) FROM %s WHERE reason IS NOT NULL GROUP BY reason ORDER BY 3",
            checkedTable),
        row -> found.add(new Found(row.getString(1), row.getLong(2), row.getLong(3))));
    for (Found f : found) {
      rejects.add(new Reject(table, f.reason, f.rows, sample(file, f.firstRow)));
    }
    if (all != null && !found.isEmpty()) {
      list(table, checkedTable, file, all);
    }
  }

  public void add(String table, String reason, long rows, String sample) {
    rejects.add(new Reject(table, reason, rows, sample));
  }

  /// Writes every one of them.
  private void list(String table, String checkedTable, TableFile file, RejectFile list) {
    try (RecordLines lines = RecordLines.of(file.path())) {
      database.query(
          Sql.format(
              """
              SELECT c.row_number, c.reason, CAST(to_json(r) AS VARCHAR)
              FROM %s c JOIN %s r ON r.rowid = c.row_number
              WHERE c.reason IS NOT NULL ORDER BY 1""",
              checkedTable, file.rawTable()),
          row ->
              list.add(
                  table,
                  file.path(),
                  lines.of(row.getLong(1)),
                  row.getLong(1) + 1,
                  row.getString(2),
                  row.getString(3)));
    }
  }

  /// Row number, counted from 1, and values of a raw row.
  private String sample(TableFile file, long rowid) {
    StringBuilder text = new StringBuilder("row " + (rowid + 1) + " ");
    database.query(
        Sql.format(
            "SELECT CAST(to_json(t) AS VARCHAR) FROM (SELECT * FROM %s WHERE rowid = %d) t",
            file.rawTable(), rowid),
        row -> text.append(row.getString(1)));
    if (text.length() > MAX_SAMPLE_CHARS) {
      text.setLength(MAX_SAMPLE_CHARS);
      text.append('…');
    }
    return text.toString();
  }

  /// The first reject of a table as the end of a sentence, or nothing.
  public String firstOf(String table) {
    return rejects.stream()
        .filter(r -> r.table().equals(table))
        .findFirst()
        .map(r -> "; " + r.message())
        .orElse("");
  }

  public List<Reject> list() {
    return List.copyOf(rejects);
  }

  private record Found(String reason, long rows, long firstRow) {}
}
