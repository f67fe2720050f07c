package io.saviorrec.trainer.data.prepare;

import io.saviorrec.trainer.data.table.Database;
import io.saviorrec.trainer.data.table.Sql;

/// What tells one log from another, as sums of hashes of its rows.
///
/// @param clicks of who saw and clicked which item when
/// @param rest of what only the ranker reads: the order of rows, pctr_base and the feature rows
public record LogDigest(String clicks, String rest) {
  /// The digest of prepared page views.
  public static LogDigest of(PageViews pageViews) {
    Database database = pageViews.database();
    String[] texts = new String[2];
    database.query(
        """
        SELECT CAST((count(*), sum(hash(user_id, ts, item, clicked)), sum(hash(clicked, item, ts, user_id))) AS VARCHAR),
          CAST((sum(hash(row_number, pctr)), sum(hash(pctr, row_number))) AS VARCHAR)
        FROM impressions""",
        row -> {
          texts[0] = row.getString(1);
          texts[1] = row.getString(2);
        });
    StringBuilder features = new StringBuilder(texts[1]);
    database.query(
        Sql.format(
            "SELECT CAST((sum(hash(v)), sum(hash(v, 1))) AS VARCHAR) FROM %s v",
            PageViewRows.TABLE),
        row -> features.append(row.getString(1)));
    return new LogDigest(texts[0], features.toString());
  }
}
