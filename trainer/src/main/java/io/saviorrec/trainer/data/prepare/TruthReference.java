package io.saviorrec.trainer.data.prepare;

import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.table.DataSetFormat;
import io.saviorrec.trainer.data.table.Database;
import io.saviorrec.trainer.data.table.Sql;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/// The true click probabilities that a generator leaves beside its log: what a perfect model would
/// say. Only an evaluation may look at them.
public final class TruthReference {
  private TruthReference() {}

  /// The true probability of each impression of [PageViews#sample], in the order of the samples;
  /// nothing if the folder has no truth.
  public static Optional<float[]> sample(PageViews pageViews, Path folder, long from, long until) {
    return read(pageViews.database(), folder, pageViews.sampled(from, until));
  }

  /// The same of all impressions.
  public static Optional<float[]> all(PageViews pageViews, Path folder) {
    return read(pageViews.database(), folder, "true");
  }

  /// @param where a condition on the `impressions` table
  private static Optional<float[]> read(Database database, Path folder, String where) {
    Path file = folder.resolve(DataSetFormat.TRUTH_IMPRESSIONS);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    database.read(
        file,
        Sql.format(
            """
        CREATE OR REPLACE TABLE truth AS
        SELECT i.item, t.%s AS user_id, t."%s" AS ts, any_value(CAST(t.%s AS FLOAT)) AS probability
        FROM read_parquet(%s, hive_partitioning = false) t JOIN items i ON i.item_id = t.%s GROUP BY ALL""",
            DataSetFormat.USER_ID,
            DataSetFormat.TIMESTAMP,
            DataSetFormat.CLICK_PROBABILITY,
            Sql.file(file),
            DataSetFormat.ITEM_ID));
    int samples =
        Math.toIntExact(database.number("SELECT count(*) FROM impressions WHERE " + where));
    float[] truth = new float[samples];
    int[] next = {0};
    long[] missing = {0};
    database.query(
        Sql.format(
            """
            SELECT t.probability FROM (SELECT * FROM impressions WHERE %s) i
            LEFT JOIN truth t USING (user_id, item, ts)
            ORDER BY i.ts, i.user_id, i.row_number""",
            where),
        row -> {
          float probability = row.getFloat(1);
          if (row.wasNull() || !(probability >= 0 && probability <= 1)) {
            missing[0]++;
          }
          truth[next[0]++] = probability;
        });
    database.execute("DROP TABLE truth");
    if (missing[0] > 0) {
      throw new UserError(
          String.format(
              Locale.ROOT,
              "%s: %d impressions have no true click probability in [0, 1]",
              file,
              missing[0]));
    }
    return Optional.of(truth);
  }
}
