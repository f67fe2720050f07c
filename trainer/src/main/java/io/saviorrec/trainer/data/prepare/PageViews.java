package io.saviorrec.trainer.data.prepare;

import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.trainer.data.log.Day;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.table.CheckedImpressions;
import io.saviorrec.trainer.data.table.DataSetFormat;
import io.saviorrec.trainer.data.table.Database;
import io.saviorrec.trainer.data.table.FeatureTable;
import io.saviorrec.trainer.data.table.Sql;

/// Groups checked impressions into page views and cuts each page's history, in SQL.
public final class PageViews {
  /// Where the feature columns start in [#pagesWithFeatures].
  private static final int FEATURES_AT = 6;

  private final Database database;
  private final FeatureTable context;
  private final FeatureTable profile;

  public PageViews(Database database, CheckedImpressions impressions) {
    this.database = database;
    this.context = impressions.context();
    this.profile = impressions.profile();
  }

  /// Copies the log into arrays.
  public ImpressionLog log(FeatureSchema schema) {
    createPages();
    FeatureBinding profiles =
        FeatureBinding.bind(profile, database, DataSetFormat.USERS, schema.profile());
    FeatureBinding contexts =
        FeatureBinding.bind(context, database, DataSetFormat.IMPRESSIONS, schema.context());
    int samples = Math.toIntExact(database.number("SELECT count(*) FROM impressions"));
    int pages = Math.toIntExact(database.number("SELECT count(*) FROM pages"));
    int clicks = Math.toIntExact(database.number("SELECT count(*) FROM impressions WHERE clicked"));
    ImpressionLog log =
        new ImpressionLog(pages, samples, clicks, profiles.width(), contexts.width());
    readPages(log, profiles, contexts);
    readSamples(log);
    int[] next = {0};
    database.query(
        "SELECT item FROM impressions WHERE clicked ORDER BY user_id, ts, row_number",
        row -> log.clickItem[next[0]++] = row.getInt(1));
    return log;
  }

  /// One row a page view. There is one page for a user and second, so the clicks of the user's
  /// earlier pages are exactly those strictly before it: a range of all clicks in (user, time)
  /// order.
  private void createPages() {
    database.execute(
        """
        CREATE OR REPLACE TABLE pages AS
        SELECT *, min(history_end) OVER (PARTITION BY user_id) AS history_start
        FROM (
          SELECT *, coalesce(sum(clicks) OVER (
              ORDER BY user_id, ts ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS history_end
          FROM (
            SELECT user_id, ts, count(*) AS samples, count(*) FILTER (clicked) AS clicks,
              min(row_number) AS first_row
            FROM impressions GROUP BY user_id, ts))""");
  }

  private void readPages(ImpressionLog log, FeatureBinding profiles, FeatureBinding contexts) {
    int[] next = {0};
    database.query(
        pagesWithFeatures() + " ORDER BY p.ts, p.user_id",
        row -> {
          int page = next[0]++;
          log.pageUser[page] = row.getLong(1);
          log.pageTime[page] = row.getLong(2);
          log.pageDay[page] = Day.of(row.getLong(2));
          log.pageStart[page + 1] = log.pageStart[page] + row.getInt(3);
          log.historyStart[page] = Math.toIntExact(row.getLong(4));
          log.historyEnd[page] = Math.toIntExact(row.getLong(5));
          profiles.encode(row, FEATURES_AT, log.pageProfile, page * profiles.width());
          contexts.encode(
              row, FEATURES_AT + profile.width(), log.pageContext, page * contexts.width());
        });
  }

  private String pagesWithFeatures() {
    return Sql.format(
        """
    SELECT p.user_id, p.ts, p.samples, p.history_start, p.history_end%s%s
    FROM pages p
    JOIN impressions i ON i.row_number = p.first_row
    LEFT JOIN users u ON u.user_id = p.user_id""",
        profile.selectNames(), context.selectNames());
  }

  /// Adds the profile and context values of one page view, as the files have them.
  public void addFeatures(long userId, long unixSeconds, ScoreRequest.Builder request) {
    database.query(
        pagesWithFeatures()
            + Sql.format(" WHERE p.user_id = %d AND p.ts = %d", userId, unixSeconds),
        row -> {
          request.getUserBuilder().putAllProfile(profile.values(row, FEATURES_AT));
          request.putAllContext(context.values(row, FEATURES_AT + profile.width()));
        });
  }

  private void readSamples(ImpressionLog log) {
    int[] next = {0};
    database.query(
        "SELECT item, clicked, pctr FROM impressions ORDER BY ts, user_id, row_number",
        row -> {
          int sample = next[0]++;
          log.sampleItem[sample] = row.getInt(1);
          log.clicked[sample] = row.getBoolean(2);
          float pctr = row.getFloat(3);
          log.pctrBase[sample] = row.wasNull() ? Float.NaN : pctr;
        });
  }
}
