package io.saviorrec.trainer.data.prepare;

import io.saviorrec.trainer.data.log.ClickSequence;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.table.Database;
import io.saviorrec.trainer.data.table.Sql;

/// The columns of training input, an impression a row, in the database and in files alike:
/// `user_id` and `ts` of the page view, `history_start` and `history_end` (its range of all
/// clicks), its feature rows `profile_0` … and `context_0` …, then `item`, `clicked` and `pctr` of
/// the impression, and `row_number`, which orders the impressions of a page view.
///
/// @param profileWidth feature columns of the user
/// @param contextWidth feature columns of the page view
record PageViewRows(int profileWidth, int contextWidth) {
  static final String TABLE = "pages";
  static final String VIEW = "page_view_rows";

  private static final int FEATURES_AT = 8;

  /// The statement that makes the table of page views.
  String table() {
    return "CREATE OR REPLACE TABLE pages (user_id BIGINT, ts BIGINT, samples BIGINT, history_start BIGINT, history_end BIGINT"
        + features(", %s BIGINT")
        + ")";
  }

  /// The statement that puts them beside the impressions.
  String view() {
    return Sql.format(
        """
        CREATE OR REPLACE VIEW page_view_rows AS
        SELECT i.user_id, i.ts, v.history_start, v.history_end, i.item, i.clicked,
          CAST(i.pctr AS FLOAT) AS pctr%s, i.row_number
        FROM impressions i JOIN pages v ON v.user_id = i.user_id AND v.ts = i.ts""",
        features(", v.%s"));
  }

  private String features(String pattern) {
    StringBuilder sql = new StringBuilder();
    for (int c = 0; c < profileWidth; c++) {
      sql.append(Sql.format(pattern, "profile_" + c));
    }
    for (int c = 0; c < contextWidth; c++) {
      sql.append(Sql.format(pattern, "context_" + c));
    }
    return sql.toString();
  }

  /// Reads the page views of a relation with these columns, in the order of (time, user).
  ///
  /// @param relation and conditions on it
  ImpressionLog read(Database database, String relation, ClickSequence clicks) {
    ImpressionLog.Builder log = new ImpressionLog.Builder(clicks, profileWidth, contextWidth);
    database.query(
        Sql.format(
            """
            SELECT user_id, ts, history_start, history_end, item, clicked, pctr%s
            FROM %s ORDER BY ts, user_id, row_number""",
            features(", %s"), relation),
        row -> {
          long user = row.getLong(1);
          long time = row.getLong(2);
          if (!log.isIn(user, time)) {
            log.page(user, time, row.getLong(3), row.getLong(4));
            for (int c = 0; c < profileWidth; c++) {
              log.profile(c, row.getLong(FEATURES_AT + c));
            }
            for (int c = 0; c < contextWidth; c++) {
              log.context(c, row.getLong(FEATURES_AT + profileWidth + c));
            }
          }
          float base = row.getFloat(7);
          log.sample(row.getInt(5), row.getBoolean(6), row.wasNull() ? Float.NaN : base);
        });
    return log.build();
  }
}
