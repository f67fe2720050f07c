package io.saviorrec.trainer.data.prepare;

import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.table.DataSetFormat;
import io.saviorrec.trainer.data.table.Database;
import io.saviorrec.trainer.data.table.Sql;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Optional;

/// What picture and title of each generated item truly show, by catalogue index. Hidden appeal is
/// not among it. Only an evaluation may look at it.
///
/// @param category a number from 0
/// @param theme a number from 0
/// @param style f32[N][4]
@SuppressWarnings("ArrayRecordComponent") // plain columns, never compared
public record TrueContent(int[] category, int[] theme, float[][] style, float[] visibleAppeal) {
  public static final int STYLES = 4;

  /// Far more kinds than any generator makes; each becomes a column.
  private static final int MAX_KINDS = 1000;

  /// The true content of the items; nothing if the folder has no truth.
  ///
  /// @param size rows of the `items` table
  public static Optional<TrueContent> read(Database database, Path folder, int size) {
    Path file = folder.resolve(DataSetFormat.TRUTH_ITEMS);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    database.read(
        file,
        Sql.format(
            """
        CREATE OR REPLACE TABLE true_content AS
        SELECT t.%s AS item_id, CAST(t.category AS INTEGER) AS category,
          CAST(t.theme AS INTEGER) AS theme, CAST(t.style_0 AS FLOAT) AS style_0,
          CAST(t.style_1 AS FLOAT) AS style_1, CAST(t.style_2 AS FLOAT) AS style_2,
          CAST(t.style_3 AS FLOAT) AS style_3, CAST(t.visible_appeal AS FLOAT) AS visible_appeal
        FROM read_parquet(%s, hive_partitioning = false) t
        QUALIFY row_number() OVER (PARTITION BY t.item_id) = 1""",
            DataSetFormat.ITEM_ID, Sql.file(file)));
    TrueContent content =
        new TrueContent(new int[size], new int[size], new float[size][STYLES], new float[size]);
    int[] next = {0};
    int[] missing = {0};
    database.query(
        """
        SELECT t.category, t.theme, t.visible_appeal, t.style_0, t.style_1, t.style_2, t.style_3
        FROM items i LEFT JOIN true_content t USING (item_id) ORDER BY i.item""",
        row -> missing[0] += content.take(row, next[0]++) ? 0 : 1);
    database.execute("DROP TABLE true_content");
    if (missing[0] > 0) {
      throw new UserError(
          String.format(
              Locale.ROOT,
              "%s: %d items have no true category and theme from 0 to %d, style and visible appeal",
              file,
              missing[0],
              MAX_KINDS - 1));
    }
    return Optional.of(content);
  }

  /// Whether the row says everything of its item.
  private boolean take(ResultSet row, int item) throws SQLException {
    category[item] = row.getInt(1);
    boolean whole = !row.wasNull() && category[item] >= 0 && category[item] < MAX_KINDS;
    theme[item] = row.getInt(2);
    whole &= !row.wasNull() && theme[item] >= 0 && theme[item] < MAX_KINDS;
    visibleAppeal[item] = row.getFloat(3);
    whole &= !row.wasNull() && Float.isFinite(visibleAppeal[item]);
    for (int s = 0; s < STYLES; s++) {
      style[item][s] = row.getFloat(4 + s);
      whole &= !row.wasNull() && Float.isFinite(style[item][s]);
    }
    return whole;
  }
}
