package io.saviorrec.trainer.data.prepare;

import io.saviorrec.bundle.Safetensors;
import io.saviorrec.bundle.TensorSource;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.trainer.console.DiskFault;
import io.saviorrec.trainer.data.log.ClickSequence;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.StoredLog;
import io.saviorrec.trainer.data.table.CheckedImpressions;
import io.saviorrec.trainer.data.table.DataSetFormat;
import io.saviorrec.trainer.data.table.Database;
import io.saviorrec.trainer.data.table.FeatureTable;
import io.saviorrec.trainer.data.table.Sql;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.Map;

/// Groups checked impressions into page views and finds each page's history, in SQL and without
/// holding either in memory.
///
/// Leaves the table `pages`, a row a page view with its history's range of all clicks and its
/// encoded features, and the view `page_view_rows`, which has that beside every impression.
public final class PageViews implements StoredLog, AutoCloseable {
  private static final String CLICKS = "clicks.safetensors";
  private static final int CHUNK_BYTES = 1 << 16;

  /// Where the feature columns start in the query of [#createPages].
  private static final int FEATURES_AT = 5;

  private final Database database;
  private final FeatureTable context;
  private final FeatureTable profile;
  private final PageViewRows rows;
  private final ClickSequence clicks;

  /// Prepares the page views of the `impressions` table, with features as the schema has them.
  public PageViews(Database database, CheckedImpressions impressions, FeatureSchema schema) {
    this.database = database;
    this.context = impressions.context();
    this.profile = impressions.profile();
    FeatureBinding profiles =
        FeatureBinding.bind(profile, database, DataSetFormat.USERS, schema.profile());
    FeatureBinding contexts =
        FeatureBinding.bind(context, database, DataSetFormat.IMPRESSIONS, schema.context());
    this.rows = new PageViewRows(profiles.width(), contexts.width());
    createPages(profiles, contexts);
    database.execute(rows.view());
    writeClicks(clickFile());
    this.clicks = ClickSequence.open(clickFile());
  }

  /// The file of [ClickSequence].
  Path clickFile() {
    return database.folder().resolve(CLICKS);
  }

  PageViewRows rows() {
    return rows;
  }

  Database database() {
    return database;
  }

  /// There is one page for a user and second, so the clicks of the user's earlier pages are exactly
  /// those strictly before it: a range of all clicks in (user, time) order. It is counted here and
  /// not by a window over the whole log, which no database does outside memory.
  private void createPages(FeatureBinding profiles, FeatureBinding contexts) {
    database.execute(rows.table());
    long[] encoded = new long[profiles.width() + contexts.width()];
    long[] user = {Long.MIN_VALUE};
    long[] before = new long[2];
    try (Database reader = database.branch()) {
      database.appending(
          PageViewRows.TABLE,
          out ->
              reader.query(
                  pagesWithFeatures(),
                  row -> {
                    long now = row.getLong(1);
                    if (now != user[0]) {
                      user[0] = now;
                      before[0] = before[1];
                    }
                    profiles.encode(row, FEATURES_AT, encoded, 0);
                    contexts.encode(row, FEATURES_AT + profile.width(), encoded, profiles.width());
                    out.beginRow();
                    out.append(now).append(row.getLong(2)).append(row.getLong(3));
                    out.append(before[0]).append(before[1]);
                    for (long value : encoded) {
                      out.append(value);
                    }
                    out.endRow();
                    before[1] += row.getLong(4);
                  }));
    }
  }

  private String pagesWithFeatures() {
    return Sql.format(
        """
    SELECT p.user_id, p.ts, p.samples, p.clicks%s%s
    FROM (
      SELECT user_id, ts, count(*) AS samples, count(*) FILTER (clicked) AS clicks, min(row_number) AS first_row
      FROM impressions GROUP BY user_id, ts) p
    JOIN impressions i ON i.row_number = p.first_row
    LEFT JOIN users u ON u.user_id = p.user_id
    ORDER BY p.user_id, p.ts""",
        profile.selectNames(), context.selectNames());
  }

  private void writeClicks(Path file) {
    long count = database.number("SELECT count(*) FROM impressions WHERE clicked");
    Safetensors.write(
        file,
        Map.of(
            ClickSequence.TENSOR,
            new TensorSource(Safetensors.DType.I32, new long[] {count}, this::writeClicks)));
  }

  private void writeClicks(WritableByteChannel out) {
    ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    database.query(
        "SELECT item FROM impressions WHERE clicked ORDER BY user_id, ts, row_number",
        row -> {
          chunk.putInt(row.getInt(1));
          if (!chunk.hasRemaining()) {
            flush(chunk, out);
          }
        });
    flush(chunk, out);
  }

  private void flush(ByteBuffer chunk, WritableByteChannel out) {
    chunk.flip();
    try {
      while (chunk.hasRemaining()) {
        out.write(chunk);
      }
    } catch (IOException e) {
      throw DiskFault.writing(clickFile(), e);
    }
    chunk.clear();
  }

  /// Adds the profile and context values of one page view, as the files have them.
  public void addFeatures(long userId, long unixSeconds, ScoreRequest.Builder request) {
    database.query(
        Sql.format(
            """
            SELECT i.user_id%s%s FROM impressions i LEFT JOIN users u ON u.user_id = i.user_id
            WHERE i.user_id = %d AND i.ts = %d ORDER BY i.row_number LIMIT 1""",
            profile.selectNames(), context.selectNames(), userId, unixSeconds),
        row -> {
          request.getUserBuilder().putAllProfile(profile.values(row, 2));
          request.putAllContext(context.values(row, 2 + profile.width()));
        });
  }

  @Override
  public long firstTime() {
    return database.number("SELECT min(ts) FROM impressions");
  }

  @Override
  public long lastTime() {
    return database.number("SELECT max(ts) FROM impressions");
  }

  @Override
  public long impressions(long from, long until) {
    return count("count(*)", from, until);
  }

  @Override
  public long clicks(long from, long until) {
    return count("count(*) FILTER (clicked)", from, until);
  }

  @Override
  public long withBase(long from, long until) {
    return count("count(pctr)", from, until);
  }

  @Override
  public long users(long from, long until) {
    return count("count(DISTINCT user_id)", from, until);
  }

  private long count(String what, long from, long until) {
    return database.number(
        Sql.format("SELECT %s FROM impressions WHERE %s", what, period(from, until)));
  }

  @Override
  public ImpressionLog read(long from, long until) {
    return where(period(from, until));
  }

  @Override
  public ImpressionLog sample(long from, long until) {
    return sample(from, until, MOST_SAMPLED);
  }

  ImpressionLog sample(long from, long until, int most) {
    return where(sampled(from, until, most));
  }

  private ImpressionLog where(String condition) {
    return rows.read(database, PageViewRows.VIEW + " WHERE " + condition, clicks);
  }

  static String period(long from, long until) {
    return Sql.format("ts >= %d AND ts < %d", Math.max(from, 0), until);
  }

  /// The condition under which impressions are part of a [#sample].
  String sampled(long from, long until) {
    return sampled(from, until, MOST_SAMPLED);
  }

  private String sampled(long from, long until, int most) {
    long parts = (impressions(from, until) + most - 1) / most;
    String period = period(from, until);
    return parts <= 1 ? period : period + Sql.format(" AND hash(user_id, ts) %% %d = 0", parts);
  }

  @Override
  public void close() {
    clicks.close();
  }
}
