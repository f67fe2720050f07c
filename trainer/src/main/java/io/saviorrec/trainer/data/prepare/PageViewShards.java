package io.saviorrec.trainer.data.prepare;

import io.saviorrec.trainer.console.DiskFault;
import io.saviorrec.trainer.console.Phases;
import io.saviorrec.trainer.data.log.ClickSequence;
import io.saviorrec.trainer.data.log.Day;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.TrainingInput;
import io.saviorrec.trainer.data.table.Database;
import io.saviorrec.trainer.data.table.Sql;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// Training input in a folder: `page_views/shard=N/*.parquet` with the columns of [PageViewRows],
/// each page view in one shard and the rows of a shard in any order, and `clicks.safetensors` with
/// all clicks, of which histories are ranges. Shards are drawn by a hash of user, history and day,
/// so that page views which can share a row of a batch lie together.
public final class PageViewShards implements TrainingInput {
  /// Impressions of a shard, roughly: some tens of megabytes in memory.
  public static final int IMPRESSIONS_A_SHARD = 1 << 20;

  private static final String PAGE_VIEWS = "page_views";
  private static final String SHARD = "shard";
  private static final String CLICKS = "clicks.safetensors";

  private final Database database;
  private final PageViewRows rows;
  private final List<Path> shards;
  private final ClickSequence clicks;
  private final long impressions;

  private PageViewShards(Database database, PageViewRows rows, Path folder) {
    this.database = database;
    this.rows = rows;
    this.shards = shards(folder.resolve(PAGE_VIEWS));
    this.clicks = ClickSequence.open(folder.resolve(CLICKS));
    long sum = 0;
    for (Path shard : shards) {
      sum += database.number("SELECT count(*) FROM " + files(shard));
    }
    this.impressions = sum;
  }

  /// Writes the page views of times `[from, until)` as shards into a folder.
  ///
  /// @param impressionsOfShard roughly
  public static void write(
      PageViews pageViews, Path folder, long from, long until, int impressionsOfShard) {
    Database database = pageViews.database();
    long count =
        Math.max(
            1, (pageViews.impressions(from, until) + impressionsOfShard - 1) / impressionsOfShard);
    try (Phases phases = Phases.of("writing the training input")) {
      phases.enter("shards");
      Files.createDirectories(folder);
      database.writeParquet(
          folder.resolve(PAGE_VIEWS),
          Sql.format(
              "SELECT *, hash(user_id, history_end, ts // %d) %% %d AS %s FROM %s WHERE %s",
              Day.SECONDS, count, SHARD, PageViewRows.VIEW, PageViews.period(from, until)),
          SHARD);
      Files.copy(pageViews.clickFile(), folder.resolve(CLICKS));
    } catch (IOException e) {
      throw DiskFault.writing(folder, e);
    }
  }

  /// Opens what [#write] has left in the folder, of page views with the same features.
  public static PageViewShards open(PageViews pageViews, Path folder) {
    return new PageViewShards(pageViews.database().branch(), pageViews.rows(), folder);
  }

  /// By their numbers, which the file system does not keep in order.
  private static List<Path> shards(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    List<Path> shards = new ArrayList<>();
    try (Stream<Path> entries = Files.list(folder)) {
      entries
          .filter(path -> path.getFileName().toString().startsWith(SHARD + "="))
          .sorted((a, b) -> Integer.compare(number(a), number(b)))
          .forEach(shards::add);
    } catch (IOException e) {
      throw DiskFault.reading(folder, e);
    }
    return shards;
  }

  private static int number(Path shard) {
    return Integer.parseInt(shard.getFileName().toString().substring(SHARD.length() + 1));
  }

  private static String files(Path shard) {
    // A wildcard behind a path that may hold some of its own.
    String quoted = Sql.file(shard);
    return Sql.format(
        "read_parquet(%s, hive_partitioning = false)",
        quoted.substring(0, quoted.length() - 1) + "/*.parquet'");
  }

  @Override
  public int shards() {
    return shards.size();
  }

  @Override
  public long impressions() {
    return impressions;
  }

  @Override
  public ImpressionLog shard(int number) {
    return rows.read(database, files(shards.get(number)), clicks);
  }

  @Override
  public void close() {
    clicks.close();
    database.close();
  }
}
