package io.saviorrec.trainer.data.prepare;

import io.saviorrec.trainer.data.log.ClickRate;
import io.saviorrec.trainer.data.log.Day;
import io.saviorrec.trainer.data.log.TasteBuilder;
import io.saviorrec.trainer.data.log.TasteRule;
import io.saviorrec.trainer.data.log.Tastes;
import io.saviorrec.trainer.data.table.Database;
import io.saviorrec.trainer.data.table.Sql;

/// How far each click was from what it was expected by, in SQL, for taste profiles. The sums of
/// vectors are [TasteBuilder]'s: they are a recursion over a user's page views.
///
/// What a click is expected by is its `pctr_base`, and where the log has none the item's click rate
/// on strictly earlier days, smoothed towards the training's.
public final class TasteResiduals {
  private TasteResiduals() {}

  /// The profiles by all impressions from this second on.
  public static Tastes read(Database database, TasteRule rule, long from, TasteBuilder builder) {
    database.query(
        Sql.format(
            """
        WITH daily AS (
          SELECT item, ts // %1$d AS day,
            CAST(coalesce(sum(count(*)) OVER earlier, 0) AS DOUBLE) AS shown,
            CAST(coalesce(sum(count(*) FILTER (clicked)) OVER earlier, 0) AS DOUBLE) AS clicks
          FROM impressions GROUP BY item, day
          WINDOW earlier AS (
            PARTITION BY item ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))
        SELECT i.user_id, i.ts, i.item, CAST(i.clicked AS DOUBLE) - coalesce(i.pctr,
          (d.clicks + CAST('%2$s' AS DOUBLE)) / (d.shown + CAST('%3$s' AS DOUBLE))) AS residual
        FROM impressions i JOIN daily d ON d.item = i.item AND d.day = i.ts // %1$d
        WHERE i.ts >= %4$d
        ORDER BY i.user_id, i.ts, i.row_number""",
            Day.SECONDS,
            rule.clickRate() * ClickRate.PRIOR_IMPRESSIONS,
            ClickRate.PRIOR_IMPRESSIONS,
            from),
        row -> builder.add(row.getLong(1), row.getLong(2), row.getInt(3), row.getDouble(4)));
    return builder.build();
  }
}
