package io.saviorrec.trainer.data.prepare;

import io.saviorrec.trainer.data.log.CoClicks;
import io.saviorrec.trainer.data.table.Database;
import io.saviorrec.trainer.data.table.Sql;
import java.util.List;

/// Mines pairs of items that more users clicked together than chance explains.
///
/// Of the users who clicked both items within the window, `n(i, j)` is the number observed and
/// `e(i, j) = t(i) t(j) / T` the number expected if partners were drawn by popularity alone, where
/// `t(i) = Σ_j n(i, j)` and `T = Σ_i t(i)`. Pairs are ranked and weighed by `(n - e)² / (e +
/// priorUsers)`, the square of a z-score. Counting alone, as Swing does too, ranks partners by
/// their popularity: the best sellers become everybody's partner.
public final class CoClickMiner {
  private final Database database;
  private final CoClickConfig config;

  public CoClickMiner(Database database, CoClickConfig config) {
    this.database = database;
    this.config = config;
  }

  public CoClicks mine(long until) {
    countPairs(until);
    database.execute(
        Sql.format(
            """
        CREATE OR REPLACE TABLE co_clicks AS
        WITH directed AS (
          SELECT first, second, users FROM co_click_pairs
          UNION ALL SELECT second, first, users FROM co_click_pairs),
        totals AS (SELECT first AS item, CAST(sum(users) AS DOUBLE) AS total FROM directed GROUP BY item),
        expected AS (
          SELECT d.*, a.total * b.total / (SELECT sum(users) FROM directed) AS chance
          FROM directed d JOIN totals a ON a.item = d.first JOIN totals b ON b.item = d.second
          WHERE users >= %d),
        scored AS (
          SELECT first, second, (users - chance) * (users - chance) / (chance + %s) AS score
          FROM expected WHERE users > chance),
        kept AS (
          SELECT * FROM scored
          QUALIFY row_number() OVER (PARTITION BY first ORDER BY score DESC, second) <= %d)
        SELECT first, second, CAST(max(score) AS FLOAT) AS weight
        FROM (SELECT * FROM kept UNION ALL SELECT second, first, score FROM kept)
        GROUP BY first, second""",
            config.minUsers(), config.priorUsers(), config.topPerItem()));
    CoClicks result = read();
    for (String table : List.of("co_click_pairs", "co_clicks")) {
      database.execute("DROP TABLE " + table);
    }
    return result;
  }

  /// Every pair, with `first < second`, and the number of users who made it.
  private void countPairs(long until) {
    database.execute(
        Sql.format(
            """
        CREATE OR REPLACE TABLE co_click_pairs AS
        WITH clicks AS (
          SELECT user_id, item, min(ts) AS ts FROM impressions
          WHERE clicked AND ts < %d GROUP BY user_id, item
          QUALIFY row_number() OVER (PARTITION BY user_id ORDER BY min(ts) DESC, item) <= %d)
        SELECT a.item AS first, b.item AS second, count(*) AS users
        FROM clicks a JOIN clicks b ON a.user_id = b.user_id AND a.item < b.item
        WHERE abs(a.ts - b.ts) <= %d
        GROUP BY a.item, b.item""",
            until, config.maxUserItems(), config.windowSeconds()));
  }

  private CoClicks read() {
    int size = Math.toIntExact(database.number("SELECT count(*) FROM co_clicks"));
    CoClicks result = new CoClicks(new int[size], new int[size], new float[size]);
    int[] next = {0};
    database.query(
        "SELECT first, second, weight FROM co_clicks ORDER BY first, second",
        row -> {
          int at = next[0]++;
          result.first()[at] = row.getInt(1);
          result.second()[at] = row.getInt(2);
          result.weight()[at] = row.getFloat(3);
        });
    return result;
  }
}
