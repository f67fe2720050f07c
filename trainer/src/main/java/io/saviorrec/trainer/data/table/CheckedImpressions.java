package io.saviorrec.trainer.data.table;

import io.saviorrec.trainer.console.UserError;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/// The impressions and users tables with their rows checked, and their feature columns.
///
/// Leaves the database tables `impressions` (user_id, item, ts, clicked, pctr, row_number and the
/// context columns), ordered by time, user and row, and `users` (user_id and the profile columns).
/// `item` is a number of the `items` table and `row_number` the place in the file.
///
/// @param context feature columns of the impressions
/// @param profile feature columns of the users
public record CheckedImpressions(FeatureTable context, FeatureTable profile) {
  private static final Set<String> KNOWN_IMPRESSION =
      Set.of(
          DataSetFormat.USER_ID,
          DataSetFormat.ITEM_ID,
          DataSetFormat.TIMESTAMP,
          DataSetFormat.CLICKED,
          DataSetFormat.PCTR_BASE);

  /// Loads both tables into the database; the `items` table must be there.
  ///
  /// @throws UserError if there is no usable impression
  public static CheckedImpressions load(
      Database database, Path folder, IdKind ids, Rejects rejects) {
    FeatureTable context = loadImpressions(database, folder, ids, rejects);
    FeatureTable profile = loadUsers(database, folder, ids, rejects);
    return new CheckedImpressions(context, profile);
  }

  private static FeatureTable loadImpressions(
      Database database, Path folder, IdKind ids, Rejects rejects) {
    TableFile file =
        TableFile.require(database, folder, DataSetFormat.IMPRESSIONS, TableFile.Typing.DETECTED);
    FeatureTable context = new FeatureTable(file, "c", file.others(KNOWN_IMPRESSION));
    database.execute(checkedImpressions(file, ids, context));
    ids.requireDistinct(database, "impressions_checked", "user_id", file);
    RepeatedRows.mark(database, "impressions_checked", file, "user_id, item_id, ts");
    rejects.addFrom(DataSetFormat.IMPRESSIONS, "impressions_checked", file);
    database.execute("DROP TABLE " + file.rawTable());
    database.execute(
        Sql.format(
            """
        CREATE OR REPLACE TABLE impressions AS
        SELECT user_id, item, ts, clicked, pctr, row_number%s
        FROM impressions_checked WHERE reason IS NULL ORDER BY ts, user_id, row_number""",
            context.selectNames()));
    database.execute("DROP TABLE impressions_checked");
    if (database.number("SELECT count(*) FROM impressions") == 0) {
      throw new UserError(
          file.path() + ": no usable impression" + rejects.firstOf(DataSetFormat.IMPRESSIONS));
    }
    return context;
  }

  private static String checkedImpressions(TableFile file, IdKind ids, FeatureTable context) {
    Column user = file.require(DataSetFormat.USER_ID);
    Column item = file.require(DataSetFormat.ITEM_ID);
    Column time = file.require(DataSetFormat.TIMESTAMP);
    Column clicked = file.require(DataSetFormat.CLICKED);
    Optional<Column> pctr = file.find(DataSetFormat.PCTR_BASE);
    return Sql.format(
        """
        CREATE OR REPLACE TABLE impressions_checked AS
        SELECT r.*, i.item,
          CASE
            WHEN no_user THEN 'user_id is missing'
            WHEN user_id IS NULL THEN 'user_id %s'
            WHEN no_item THEN 'item_id is missing'
            WHEN r.item_id IS NULL THEN 'item_id %s'
            WHEN i.item IS NULL THEN 'item_id is not in the items table'
            WHEN no_time THEN 'timestamp is missing'
            WHEN ts IS NULL THEN 'timestamp is neither unix seconds nor a time'
            WHEN ts NOT BETWEEN 0 AND %d THEN 'timestamp is not in the years 1970 to 9999 (are these unix seconds?)'
            WHEN no_click THEN 'clicked is missing'
            WHEN clicked IS NULL THEN 'clicked is none of 0, 1, true, false'
            WHEN NOT no_pctr AND pctr IS NULL THEN 'pctr_base is not a number'
            WHEN pctr NOT BETWEEN 0 AND 1 THEN 'pctr_base is outside [0, 1]'
            %s
          END AS reason
        FROM (
          SELECT rowid AS row_number, %s AS user_id_text, %s IS NULL AS no_user, %s AS user_id,
            %s IS NULL AS no_item, %s AS item_id, %s IS NULL AS no_time, %s AS ts,
            %s IS NULL AS no_click, %s AS clicked, %s IS NULL AS no_pctr, %s AS pctr%s
          FROM %s) r
        LEFT JOIN items i ON i.item_id = r.item_id""",
        ids.fault(),
        ids.fault(),
        Sql.MAX_UNIX_SECONDS,
        context.rejectCases(),
        ids == IdKind.TEXT ? Sql.string(user) : "NULL",
        Sql.string(user),
        ids.sql(file, user),
        Sql.string(item),
        ids.sql(file, item),
        Sql.string(time),
        Sql.unixSeconds(time),
        Sql.string(clicked),
        Sql.flag(clicked),
        pctr.map(Sql::string).orElse("NULL"),
        pctr.map(Sql::number).orElse("CAST(NULL AS DOUBLE)"),
        context.selectValues(),
        file.rawTable());
  }

  private static FeatureTable loadUsers(
      Database database, Path folder, IdKind ids, Rejects rejects) {
    Optional<TableFile> found =
        TableFile.load(database, folder, DataSetFormat.USERS, TableFile.Typing.DETECTED);
    if (found.isEmpty()) {
      database.execute("CREATE OR REPLACE TABLE users (user_id BIGINT)");
      return new FeatureTable("p");
    }
    TableFile file = found.get();
    Column user = file.require(DataSetFormat.USER_ID);
    FeatureTable profile = new FeatureTable(file, "p", file.others(Set.of(DataSetFormat.USER_ID)));
    database.execute(
        Sql.format(
            """
        CREATE OR REPLACE TABLE users_checked AS
        SELECT *,
          CASE
            WHEN no_user THEN 'user_id is missing'
            WHEN user_id IS NULL THEN 'user_id %s'
            %s
            WHEN row_number() OVER (PARTITION BY user_id ORDER BY row_number) > 1
              THEN 'user_id occurs again; its first row is used'
          END AS reason
        FROM (SELECT rowid AS row_number, %s IS NULL AS no_user, %s AS user_id%s FROM %s)""",
            ids.fault(),
            profile.rejectCases(),
            Sql.string(user),
            ids.sql(file, user),
            profile.selectValues(),
            file.rawTable()));
    rejects.addFrom(DataSetFormat.USERS, "users_checked", file);
    database.execute("DROP TABLE " + file.rawTable());
    database.execute(
        Sql.format(
            "CREATE OR REPLACE TABLE users AS SELECT user_id%s FROM users_checked WHERE reason IS NULL",
            profile.selectNames()));
    database.execute("DROP TABLE users_checked");
    return profile;
  }
}
