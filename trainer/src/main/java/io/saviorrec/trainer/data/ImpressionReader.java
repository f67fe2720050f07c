package io.saviorrec.trainer.data;

import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.trainer.console.UserError;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/// Reads impressions and users: checks their rows, groups impressions into page views and cuts each
/// page's history, all in SQL.
final class ImpressionReader {
  /// Seconds of a UTC day.
  static final long DAY = 86_400;

  /// Where the feature columns start in [#pagesWithFeatures].
  private static final int FEATURES_AT = 6;

  private static final Set<String> KNOWN_IMPRESSION =
      Set.of(
          DataSetFormat.USER_ID,
          DataSetFormat.ITEM_ID,
          DataSetFormat.TIMESTAMP,
          DataSetFormat.CLICKED,
          DataSetFormat.PCTR_BASE);

  private final Database database;
  private final FeatureTable context;
  private final FeatureTable profile;

  private ImpressionReader(Database database, FeatureTable context, FeatureTable profile) {
    this.database = database;
    this.context = context;
    this.profile = profile;
  }

  /// Loads both tables into the database; the `items` table must be there.
  static ImpressionReader load(Database database, Path folder, Rejects rejects) {
    FeatureTable context = loadImpressions(database, folder, rejects);
    FeatureTable profile = loadUsers(database, folder, rejects);
    return new ImpressionReader(database, context, profile);
  }

  private static FeatureTable loadImpressions(Database database, Path folder, Rejects rejects) {
    TableFile file =
        TableFile.require(database, folder, DataSetFormat.IMPRESSIONS, TableFile.Typing.DETECTED);
    FeatureTable context = new FeatureTable(file, "c", file.others(KNOWN_IMPRESSION));
    database.execute(checkedImpressions(file, context));
    rejects.addFrom(DataSetFormat.IMPRESSIONS, "impressions_checked", file);
    database.execute("DROP TABLE " + file.rawTable());
    database.execute(
        """
        CREATE OR REPLACE TABLE impressions AS
        SELECT user_id, item, ts, clicked, pctr, row_number%s
        FROM impressions_checked WHERE reason IS NULL ORDER BY ts, user_id, row_number"""
            .formatted(context.selectNames()));
    database.execute("DROP TABLE impressions_checked");
    if (database.number("SELECT count(*) FROM impressions") == 0) {
      throw new UserError(
          file.path() + ": no usable impression" + rejects.firstOf(DataSetFormat.IMPRESSIONS));
    }
    return context;
  }

  private static String checkedImpressions(TableFile file, FeatureTable context) {
    Column user = file.require(DataSetFormat.USER_ID);
    Column item = file.require(DataSetFormat.ITEM_ID);
    Column time = file.require(DataSetFormat.TIMESTAMP);
    Column clicked = file.require(DataSetFormat.CLICKED);
    Optional<Column> pctr = file.find(DataSetFormat.PCTR_BASE);
    return """
        CREATE OR REPLACE TABLE impressions_checked AS
        SELECT r.*, i.item,
          CASE
            WHEN no_user THEN 'user_id is missing'
            WHEN user_id IS NULL THEN 'user_id is not a whole number of 64 bits'
            WHEN no_item THEN 'item_id is missing'
            WHEN r.item_id IS NULL THEN 'item_id is not a whole number of 64 bits'
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
          SELECT rowid AS row_number, %s IS NULL AS no_user, %s AS user_id,
            %s IS NULL AS no_item, %s AS item_id, %s IS NULL AS no_time, %s AS ts,
            %s IS NULL AS no_click, %s AS clicked, %s IS NULL AS no_pctr, %s AS pctr%s
          FROM %s) r
        LEFT JOIN items i ON i.item_id = r.item_id"""
        .formatted(
            Sql.MAX_UNIX_SECONDS,
            context.rejectCases(),
            Sql.string(user),
            Sql.wholeNumber(user),
            Sql.string(item),
            Sql.wholeNumber(item),
            Sql.string(time),
            Sql.unixSeconds(time),
            Sql.string(clicked),
            Sql.flag(clicked),
            pctr.map(Sql::string).orElse("NULL"),
            pctr.map(Sql::number).orElse("CAST(NULL AS DOUBLE)"),
            context.selectValues(),
            file.rawTable());
  }

  private static FeatureTable loadUsers(Database database, Path folder, Rejects rejects) {
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
        """
        CREATE OR REPLACE TABLE users_checked AS
        SELECT *,
          CASE
            WHEN no_user THEN 'user_id is missing'
            WHEN user_id IS NULL THEN 'user_id is not a whole number of 64 bits'
            %s
            WHEN row_number() OVER (PARTITION BY user_id ORDER BY row_number) > 1
              THEN 'user_id occurs again; its first row is used'
          END AS reason
        FROM (SELECT rowid AS row_number, %s IS NULL AS no_user, %s AS user_id%s FROM %s)"""
            .formatted(
                profile.rejectCases(),
                Sql.string(user),
                Sql.wholeNumber(user),
                profile.selectValues(),
                file.rawTable()));
    rejects.addFrom(DataSetFormat.USERS, "users_checked", file);
    database.execute("DROP TABLE " + file.rawTable());
    database.execute(
        "CREATE OR REPLACE TABLE users AS SELECT user_id%s FROM users_checked WHERE reason IS NULL"
            .formatted(profile.selectNames()));
    database.execute("DROP TABLE users_checked");
    return profile;
  }

  /// Feature columns, sized by their values before the given second.
  FeatureSchema schema(long validationFrom) {
    return new FeatureSchema(
        profile.schema(
            database,
            "(SELECT * FROM users WHERE user_id IN (SELECT user_id FROM impressions WHERE ts < %d))"
                .formatted(validationFrom)),
        context.schema(
            database, "(SELECT * FROM impressions WHERE ts < %d)".formatted(validationFrom)),
        FeatureSchema.ITEM_STATS);
  }

  /// Copies the log into arrays.
  ImpressionLog log(FeatureSchema schema) {
    createPages();
    FeatureBinding profiles = profile.bind(database, DataSetFormat.USERS, schema.profile());
    FeatureBinding contexts = context.bind(database, DataSetFormat.IMPRESSIONS, schema.context());
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
          log.pageDay[page] = Math.toIntExact(row.getLong(2) / DAY);
          log.pageStart[page + 1] = log.pageStart[page] + row.getInt(3);
          log.historyStart[page] = Math.toIntExact(row.getLong(4));
          log.historyEnd[page] = Math.toIntExact(row.getLong(5));
          profiles.encode(row, FEATURES_AT, log.pageProfile, page * profiles.width());
          contexts.encode(
              row, FEATURES_AT + profile.width(), log.pageContext, page * contexts.width());
        });
  }

  private String pagesWithFeatures() {
    return """
    SELECT p.user_id, p.ts, p.samples, p.history_start, p.history_end%s%s
    FROM pages p
    JOIN impressions i ON i.row_number = p.first_row
    LEFT JOIN users u ON u.user_id = p.user_id"""
        .formatted(profile.selectNames(), context.selectNames());
  }

  /// Adds the profile and context values of one page view, as the files have them.
  void addFeatures(long userId, long unixSeconds, ScoreRequest.Builder request) {
    database.query(
        pagesWithFeatures() + " WHERE p.user_id = %d AND p.ts = %d".formatted(userId, unixSeconds),
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
