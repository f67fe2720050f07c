package io.saviorrec.trainer.synth;

import io.saviorrec.trainer.data.log.Day;
import io.saviorrec.trainer.data.table.DataSetFormat;
import io.saviorrec.trainer.data.table.Database;
import io.saviorrec.trainer.data.table.OutputFolder;
import io.saviorrec.trainer.data.table.Sql;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/// A data set of any size, made by SQL in one pass and without a world in memory: to see what a log
/// of that size takes, not how good a model is.
///
/// Page views hold ten items, drawn with a popularity that falls with the item's number, over 30
/// days. Users like one theme, which titles name; items differ in appeal; the base score sees
/// appeal alone. There are no pictures and no truth.
///
/// @param items of the catalogue
/// @param impressions of the log
public record BulkDataSet(long items, long impressions, long seed) {
  private static final int PAGE = 10;
  private static final long IMPRESSIONS_A_USER = 100;
  private static final long START = 1_700_006_400;
  private static final int DAYS = 30;

  /// Writes it; the folder is there whole or not at all.
  ///
  /// @throws io.saviorrec.trainer.console.UserError when the folder cannot be written
  public void write(Path out) {
    OutputFolder.fill(
        out,
        folder -> {
          try (Database database = Database.open()) {
            write(database, folder);
          }
          return this;
        });
  }

  private void write(Database database, Path folder) throws IOException {
    // Numbers from 0 up to 1 that are the same for the same arguments.
    database.execute(
        Sql.format("CREATE MACRO draw(a, b) AS hash(a, b, %d) / 18446744073709551616.0", seed));
    database.execute(
        Sql.format(
            "CREATE MACRO theme(item) AS CAST(floor(draw(item, 'theme') * %d) AS INTEGER)",
            Words.SHOP.themes().length));
    database.writeParquet(
        folder.resolve(DataSetFormat.ITEMS + ".parquet"),
        Sql.format(
            """
            SELECT i AS item_id, concat_ws(' ', %s[1 + theme(i)], category, 'no', CAST(i %% 1000 AS VARCHAR)) AS title,
              CAST(NULL AS VARCHAR) AS image, category
            FROM (SELECT i, %s[1 + CAST(floor(draw(i, 'category') * %d) AS INTEGER)] AS category FROM range(%d) t(i))""",
            list(Arrays.stream(Words.SHOP.themes()).map(words -> words[0]).toArray(String[]::new)),
            list(Words.SHOP.categoryNames()),
            Words.SHOP.categories().length,
            items));
    long users = Math.max(1, impressions / IMPRESSIONS_A_USER);
    database.writeParquet(
        folder.resolve(DataSetFormat.USERS + ".parquet"),
        Sql.format(
            "SELECT i AS user_id, 'region-' || CAST(floor(draw(i, 'region') * 16) AS INTEGER) AS region FROM range(%d) t(i)",
            users));
    database.writeParquet(
        folder.resolve(DataSetFormat.IMPRESSIONS + ".parquet"), impressions(users));
  }

  private String impressions(long users) {
    long pages = Math.max(1, impressions / PAGE);
    return Sql.format(
        """
        SELECT user_id, item_id, "timestamp",
          draw(i, 'click') < 1 / (1 + exp(2.8 - appeal - 2.4 * CAST(theme(item_id) = theme(-1 - user_id) AS INTEGER))) AS clicked,
          1 / (1 + exp(2.6 - appeal - 0.5 * draw(i, 'noise'))) AS pctr_base, device
        FROM (
          SELECT *, 1.5 * draw(item_id, 'appeal') - 0.75 AS appeal FROM (
            SELECT i, CAST(floor(draw(i // %1$d, 'user') * %2$d) AS BIGINT) AS user_id,
              CAST(floor(pow(draw(i, 'item'), 3) * %3$d) AS BIGINT) AS item_id,
              %4$d + CAST(floor(CAST(i // %1$d AS DOUBLE) / %5$d * %6$d) AS BIGINT) AS "timestamp",
              ['app', 'web', 'tablet'][1 + CAST(floor(draw(i // %1$d, 'device') * 3) AS INTEGER)] AS device
            FROM range(%7$d) t(i)))""",
        PAGE, users, items, START, pages, DAYS * Day.SECONDS, impressions);
  }

  private static String list(String[] names) {
    return Arrays.stream(names).map(Sql::text).collect(Collectors.joining(", ", "[", "]"));
  }
}
