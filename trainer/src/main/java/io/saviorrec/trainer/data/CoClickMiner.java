package io.saviorrec.trainer.data;

import java.util.Arrays;

/// Mines co-clicked item pairs from the `impressions` table and weighs them by Swing (arXiv
/// 2010.05525): a pair counts more if the users who made it have little else in common.
///
/// `s(i, j) = Σ_{u < v in U_ij} w_u w_v / (alpha + |I_u ∩ I_v|)`, `w_u = (userAlpha +
/// |I_u|)^userBeta`.
final class CoClickMiner {
  private final Database database;
  private final CoClickConfig config;

  CoClickMiner(Database database, CoClickConfig config) {
    this.database = database;
    this.config = config;
  }

  CoClicks mine(long until) {
    selectClicks(until);
    selectPairs();
    score();
    int size = Math.toIntExact(database.number("SELECT count(*) FROM co_clicks"));
    CoClicks result = new CoClicks(new int[size], new int[size], new float[size]);
    int[] next = {0};
    database.query(
        "SELECT * FROM co_clicks ORDER BY first, second",
        row -> {
          result.first()[next[0]] = row.getInt(1);
          result.second()[next[0]] = row.getInt(2);
          result.weight()[next[0]++] = row.getFloat(3);
        });
    for (String table : Arrays.asList("clicks", "user_items", "pair_users", "co_clicks")) {
      database.execute("DROP TABLE " + table);
    }
    return result;
  }

  private void selectClicks(long until) {
    database.execute(
        """
        CREATE OR REPLACE TEMP TABLE clicks AS
        SELECT user_id, item, ts, row_number() OVER (PARTITION BY user_id ORDER BY ts, row_number) AS position
        FROM (
          SELECT * FROM impressions WHERE clicked AND ts < %d
          QUALIFY row_number() OVER (PARTITION BY user_id ORDER BY ts DESC, row_number DESC) <= %d)"""
            .formatted(until, config.maxUserItems()));
    database.execute(
        """
        CREATE OR REPLACE TEMP TABLE user_items AS
        SELECT user_id, item, pow(%s + count(*) OVER (PARTITION BY user_id), %s) AS weight
        FROM (SELECT DISTINCT user_id, item FROM clicks)"""
            .formatted(config.userAlpha(), config.userBeta()));
  }

  /// Pairs with `first < second` and the users who made them, the scored ones in `sampled`.
  private void selectPairs() {
    database.execute(
        """
        CREATE OR REPLACE TEMP TABLE pair_users AS
        SELECT first, second, user_id, weight
        FROM (
          SELECT DISTINCT least(a.item, b.item) AS first, greatest(a.item, b.item) AS second, a.user_id
          FROM (SELECT *, position + unnest(range(1, %d)) AS other FROM clicks) a
          JOIN clicks b ON b.user_id = a.user_id AND b.position = a.other
          WHERE b.ts - a.ts <= %d AND a.item <> b.item) p
        JOIN (SELECT DISTINCT user_id, weight FROM user_items) USING (user_id)
        QUALIFY count(*) OVER (PARTITION BY first, second) >= %d
          AND row_number() OVER (PARTITION BY first, second ORDER BY hash(user_id, first, second), user_id) <= %d"""
            .formatted(
                config.maxPositionGap() + 1,
                config.windowSeconds(),
                config.minUsers(),
                config.maxPairUsers()));
  }

  private void score() {
    // Whole numbers of 1e-12 sum to the same value in any order, so that threads cannot change it.
    database.execute(
        """
        CREATE OR REPLACE TEMP TABLE co_clicks AS
        WITH user_pairs AS (
          SELECT a.first, a.second, a.user_id AS u, b.user_id AS v, a.weight * b.weight AS weight
          FROM pair_users a
          JOIN pair_users b ON a.first = b.first AND a.second = b.second AND a.user_id < b.user_id),
        common_items AS (
          SELECT a.user_id AS u, b.user_id AS v, count(*) AS common
          FROM user_items a JOIN user_items b ON a.item = b.item AND a.user_id < b.user_id
          GROUP BY ALL),
        scores AS (
          SELECT first, second,
            sum(CAST(round(1e12 * weight / (%s + common)) AS BIGINT)) AS score
          FROM user_pairs JOIN common_items USING (u, v) GROUP BY ALL),
        directed AS (
          SELECT first, second, score FROM scores
          UNION ALL SELECT second, first, score FROM scores),
        kept AS (
          SELECT * FROM directed
          QUALIFY row_number() OVER (PARTITION BY first ORDER BY score DESC, second) <= %d)
        SELECT DISTINCT first, second, CAST(score / 1e12 AS FLOAT) AS weight
        FROM (SELECT * FROM kept UNION ALL SELECT second, first, score FROM kept)
        WHERE score > 0"""
            .formatted(config.alpha(), config.topPerItem()));
  }
}
