package io.saviorrec.trainer.data.prepare;

import io.saviorrec.trainer.data.log.ClickRate;
import io.saviorrec.trainer.data.log.Cuts;
import io.saviorrec.trainer.data.log.Day;
import io.saviorrec.trainer.data.table.CheckedImpressions;
import io.saviorrec.trainer.data.table.DataSetFormat;
import io.saviorrec.trainer.data.table.Database;
import io.saviorrec.trainer.data.table.FeatureTable;
import io.saviorrec.trainer.data.table.Sql;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The queries behind a [LogSurvey], over the tables `impressions`, `pages`, `items` and `users`.
final class SurveyQueries {
  /// No impression lies behind it.
  private static final long END = Sql.MAX_UNIX_SECONDS + 1;

  private final PageViews pageViews;
  private final Database database;
  private final CheckedImpressions tables;
  private final Cuts cuts;

  SurveyQueries(PageViews pageViews, CheckedImpressions tables, Cuts cuts) {
    this.pageViews = pageViews;
    this.database = pageViews.database();
    this.tables = tables;
    this.cuts = cuts;
  }

  LogSurvey survey() {
    List<LogSurvey.Period> periods = new ArrayList<>();
    period("warm-up", 0, cuts.warmupUntil(), periods);
    period("training", cuts.warmupUntil(), cuts.validationFrom(), periods);
    period("validation", cuts.validationFrom(), cuts.testFrom(), periods);
    period("test", cuts.testFrom(), END, periods);
    return new LogSurvey(periods, days(), items(), users(), columns());
  }

  private void period(String name, long from, long until, List<LogSurvey.Period> periods) {
    long before = Math.min(from, cuts.validationFrom());
    @Nullable Double auc =
        auc(
            Sql.format(
                "SELECT pctr AS score, clicked FROM impressions WHERE %s AND pctr IS NOT NULL",
                pageViews.sampled(from, until)));
    database.query(
        Sql.format(
            """
            WITH shown AS (SELECT * FROM impressions WHERE ts >= %1$d AND ts < %2$d),
            views AS (SELECT item, count(*) AS views FROM impressions WHERE ts < %1$d GROUP BY item),
            known AS (SELECT DISTINCT user_id FROM impressions WHERE ts < %3$d),
            seen AS (
              SELECT p.*, k.user_id AS known FROM pages p LEFT JOIN known k USING (user_id)
              WHERE p.ts >= %1$d AND p.ts < %2$d)
            SELECT count(*), count(*) FILTER (clicked), (SELECT count(*) FROM seen),
              count(DISTINCT user_id), count(DISTINCT item),
              (SELECT count(*) FROM seen WHERE %1$d >= %4$d AND known IS NULL),
              (SELECT count(*) FROM seen WHERE history_end = history_start),
              (SELECT count(*) FROM shown LEFT JOIN views USING (item)
                WHERE coalesce(views, 0) < %5$d),
              count(pctr)
            FROM shown""",
            from, until, before, cuts.validationFrom(), LogSurvey.COLD_VIEWS),
        row -> {
          if (row.getLong(1) > 0) {
            periods.add(period(name, from, row, auc));
          }
        });
  }

  private static LogSurvey.Period period(
      String name, long from, ResultSet row, @Nullable Double auc) throws SQLException {
    return new LogSurvey.Period(
        name,
        from,
        row.getLong(1),
        row.getLong(2),
        row.getLong(3),
        row.getLong(4),
        row.getLong(5),
        row.getLong(6),
        row.getLong(7),
        row.getLong(8),
        row.getLong(9),
        auc);
  }

  private List<LogSurvey.Day> days() {
    List<LogSurvey.Day> days = new ArrayList<>();
    database.query(
        Sql.format(
            """
            SELECT strftime(make_timestamp(ts // %1$d * %1$d * 1000000), '%%Y-%%m-%%d'), count(*),
              count(*) FILTER (clicked)
            FROM impressions GROUP BY ts // %1$d ORDER BY ts // %1$d""",
            Day.SECONDS),
        row -> days.add(new LogSurvey.Day(row.getString(1), row.getLong(2), row.getLong(3))));
    return days;
  }

  private LogSurvey.Items items() {
    return one(
        Sql.format(
            """
            WITH trained AS (
              SELECT item, count(*) AS views, row_number() OVER (ORDER BY count(*) DESC) AS place
              FROM impressions WHERE ts < %d GROUP BY item)
            SELECT count(*), (SELECT count(DISTINCT item) FROM impressions),
              (SELECT count(*) FROM trained),
              (SELECT coalesce(sum(views) FILTER (place <= greatest(1,
                  (SELECT count(*) FROM trained) // 100)) / sum(views), 0) FROM trained),
              count(nullif(trim(CAST(title AS VARCHAR)), '')), count(nullif(trim(CAST(category AS VARCHAR)), '')),
              count(nullif(trim(CAST(text AS VARCHAR)), '')), count(image),
              count(DISTINCT nullif(trim(CAST(category AS VARCHAR)), '')),
              (SELECT CAST(coalesce(sum(n), 0) AS BIGINT) FROM (
                SELECT count(*) AS n FROM items
                WHERE coalesce(trim(CAST(title AS VARCHAR)), '') <> '' OR coalesce(trim(CAST(text AS VARCHAR)), '') <> ''
                GROUP BY title, category, text HAVING count(*) > 1))
            FROM items""",
            cuts.validationFrom()),
        row ->
            new LogSurvey.Items(
                row.getLong(1),
                row.getLong(2),
                row.getLong(3),
                row.getDouble(4),
                row.getLong(5),
                row.getLong(6),
                row.getLong(7),
                row.getLong(8),
                row.getLong(9),
                row.getLong(10)));
  }

  private LogSurvey.Users users() {
    return one(
        """
        WITH seen AS (
          SELECT user_id, count(*) FILTER (clicked) AS clicks FROM impressions GROUP BY user_id)
        SELECT count(*), (SELECT count(*) FROM seen SEMI JOIN users USING (user_id)),
          quantile_disc(clicks, 0.5), (SELECT quantile_disc(samples, 0.5) FROM pages)
        FROM seen""",
        row -> new LogSurvey.Users(row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4)));
  }

  private List<LogSurvey.FeatureUse> columns() {
    List<LogSurvey.FeatureUse> columns = new ArrayList<>();
    for (int c = 0; c < tables.context().width(); c++) {
      columns.add(column(tables.context(), c, DataSetFormat.IMPRESSIONS, "impressions"));
    }
    for (int c = 0; c < tables.profile().width(); c++) {
      columns.add(
          column(
              tables.profile(),
              c,
              DataSetFormat.USERS,
              "impressions LEFT JOIN users USING (user_id)"));
    }
    return columns;
  }

  private LogSurvey.FeatureUse column(FeatureTable table, int c, String name, String rows) {
    String column = table.nameOf(c);
    boolean number = table.columns().get(c).isNumber();
    String source = Sql.format("SELECT %s AS v, clicked, user_id, ts FROM %s", column, rows);
    @Nullable Double auc = auc(byRate(source));
    if (number) {
      auc = larger(auc, larger(auc(byValue(source, "-1e308")), auc(byValue(source, "1e308"))));
    }
    double filled =
        one(
            Sql.format(
                "SELECT coalesce(count(v) / nullif(count(*), 0), 0) FROM (%s) WHERE ts >= %d AND ts < %d",
                source, cuts.validationFrom(), cuts.testFrom()),
            row -> row.getDouble(1));
    Double counts = number && name.equals(DataSetFormat.USERS) ? correlationWithLog(column) : null;
    return new LogSurvey.FeatureUse(name, table.columns().get(c).name(), filled, auc, counts);
  }

  /// Scores of the validation period by the click rate that each value had before it.
  private String byRate(String source) {
    return Sql.format(
        """
        SELECT coalesce(r.rate, b.rate) AS score, s.clicked
        FROM (%1$s) s
        CROSS JOIN (SELECT avg(CAST(clicked AS INTEGER)) AS rate FROM (%1$s)
          WHERE ts < %2$d) b
        LEFT JOIN (
          SELECT v, (sum(CAST(clicked AS INTEGER)) + %4$s * (
              SELECT avg(CAST(clicked AS INTEGER)) FROM (%1$s) WHERE ts < %2$d)) / (count(*) + %4$s) AS rate
          FROM (%1$s) WHERE ts < %2$d GROUP BY v) r ON r.v IS NOT DISTINCT FROM s.v
        WHERE %3$s""",
        source, cuts.validationFrom(), ofValidation(), ClickRate.PRIOR_IMPRESSIONS);
  }

  /// Scores of the validation period that are the values themselves.
  private String byValue(String source, String missing) {
    return Sql.format(
        "SELECT coalesce(v, %s) AS score, clicked FROM (%s) WHERE %s",
        missing, source, ofValidation());
  }

  /// The condition under which impressions tell the AUC of the validation period.
  private String ofValidation() {
    return pageViews.sampled(cuts.validationFrom(), cuts.testFrom());
  }

  /// The larger correlation by rank of a user's number with the user's clicks and impressions.
  private @Nullable Double correlationWithLog(String column) {
    return one(
        Sql.format(
            """
            WITH seen AS (
              SELECT u.%s AS v, count(*) AS shown, count(*) FILTER (clicked) AS clicks
              FROM impressions JOIN users u USING (user_id) WHERE v IS NOT NULL
              GROUP BY user_id, v),
            ranked AS (
              SELECT rank() OVER (ORDER BY v) AS v, rank() OVER (ORDER BY shown) AS shown,
                rank() OVER (ORDER BY clicks) AS clicks
              FROM seen)
            SELECT max(abs(c)) FILTER (isfinite(c))
            FROM (SELECT corr(v, shown) AS c FROM ranked UNION ALL SELECT corr(v, clicks) FROM ranked)""",
            column),
        row -> {
          double correlation = row.getDouble(1);
          return row.wasNull() ? null : correlation;
        });
  }

  private static @Nullable Double larger(@Nullable Double a, @Nullable Double b) {
    if (a == null || b == null) {
      return a == null ? b : a;
    }
    return Math.max(Math.max(a, 1 - a), Math.max(b, 1 - b));
  }

  /// The AUC of the query's `score` against its `clicked`, a tie counting half; null where only one
  /// of the two classes is there.
  private @Nullable Double auc(String scores) {
    return one(
        Sql.format(
            """
            WITH tied AS (
              SELECT score, CAST(count(*) AS DOUBLE) AS n,
                CAST(count(*) FILTER (clicked) AS DOUBLE) AS clicks
              FROM (%s) GROUP BY score),
            placed AS (SELECT *, sum(n) OVER (ORDER BY score) - n AS below FROM tied)
            SELECT (sum(clicks * (below + (n + 1) / 2)) - sum(clicks) * (sum(clicks) + 1) / 2)
              / nullif(sum(clicks) * (sum(n) - sum(clicks)), 0)
            FROM placed""",
            scores),
        row -> {
          double auc = row.getDouble(1);
          return row.wasNull() ? null : auc;
        });
  }

  private <T extends @Nullable Object> T one(String sql, RowMapper<T> mapper) {
    List<T> rows = new ArrayList<>();
    database.query(sql, row -> rows.add(mapper.map(row)));
    return rows.getFirst();
  }

  @FunctionalInterface
  private interface RowMapper<T extends @Nullable Object> {
    T map(ResultSet row) throws SQLException;
  }
}
