package io.saviorrec.trainer.data;

import io.saviorrec.trainer.console.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// The true click probabilities that a generator leaves beside its log: what a perfect model would
/// say. Only an evaluation may look at them.
public final class TruthReference {
  private TruthReference() {}

  /// The true probability of each sample of the log, in the order of the samples; nothing if the
  /// data set has no truth.
  public static Optional<float[]> read(DataSet data) {
    Path file = data.folder().resolve(DataSetFormat.TRUTH_IMPRESSIONS);
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    Database database = data.database();
    database.executeOn(
        file.toString(),
        """
        CREATE OR REPLACE TEMP TABLE truth AS
        SELECT i.item, t.%s AS user_id, t."%s" AS ts, any_value(CAST(t.%s AS FLOAT)) AS probability
        FROM read_parquet(%s) t JOIN items i ON i.item_id = t.%s GROUP BY ALL"""
            .formatted(
                DataSetFormat.USER_ID,
                DataSetFormat.TIMESTAMP,
                DataSetFormat.CLICK_PROBABILITY,
                Sql.text(file.toString()),
                DataSetFormat.ITEM_ID));
    float[] truth = new float[data.log().samples()];
    int[] next = {0};
    long[] missing = {0};
    database.query(
        """
        SELECT t.probability FROM impressions i LEFT JOIN truth t USING (user_id, item, ts)
        ORDER BY i.ts, i.user_id, i.row_number""",
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
          "%s: %d impressions have no true click probability in [0, 1]"
              .formatted(file, missing[0]));
    }
    return Optional.of(truth);
  }
}
