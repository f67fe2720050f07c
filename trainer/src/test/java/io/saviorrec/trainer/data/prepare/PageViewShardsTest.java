package io.saviorrec.trainer.data.prepare;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.feature.FeatureColumn;
import io.saviorrec.feature.FeatureSchema;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.StoredLog;
import io.saviorrec.trainer.data.log.TrainingInput;
import io.saviorrec.trainer.data.table.CheckedImpressions;
import io.saviorrec.trainer.data.table.CheckedItems;
import io.saviorrec.trainer.data.table.Database;
import io.saviorrec.trainer.data.table.Description;
import io.saviorrec.trainer.data.table.IdKind;
import io.saviorrec.trainer.data.table.Rejects;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PageViewShardsTest {
  private static final int ITEMS = 20;
  private static final long FROM = 1_000;
  private static final long UNTIL = 4_000;

  @TempDir private Path folder;

  private Database database;
  private PageViews pageViews;

  /// Page views of one to four impressions by 30 users, a second each, in no order.
  @BeforeEach
  void prepare() throws IOException {
    Random random = new Random(5);
    StringBuilder items = new StringBuilder("item_id,title,image,category\n");
    for (int item = 0; item < ITEMS; item++) {
      items.append(item).append(",thing,,\n");
    }
    StringBuilder rows = new StringBuilder("user_id,item_id,timestamp,clicked,pctr_base,device\n");
    for (int page = 0; page < 900; page++) {
      long user = random.nextInt(30);
      long time = 500 + (page * 7919L) % 4_500;
      for (int i = 0; i <= random.nextInt(4); i++) {
        rows.append(
            "%d,%d,%d,%d,%s,%s%n"
                .formatted(
                    user,
                    random.nextInt(ITEMS),
                    time,
                    random.nextInt(3) == 0 ? 1 : 0,
                    random.nextInt(5) == 0 ? "" : "0." + (1 + random.nextInt(9)),
                    random.nextBoolean() ? "phone" : "desk"));
      }
    }
    Files.writeString(folder.resolve("items.csv"), items);
    Files.writeString(folder.resolve("impressions.csv"), rows);
    Files.writeString(folder.resolve("users.csv"), "user_id,city\n3,Ulm\n4,Bonn\n");
    database = Database.open();
    Rejects rejects = new Rejects(database, /* all= */ null);
    CheckedItems.load(database, folder, Description.read(folder), rejects);
    CheckedImpressions impressions =
        CheckedImpressions.load(database, folder, IdKind.NUMBER, rejects);
    pageViews =
        new PageViews(
            database,
            impressions,
            new FeatureSchema(
                List.of(FeatureColumn.categorical("city", 8)),
                List.of(FeatureColumn.categorical("device", 8)),
                List.of(),
                FeatureSchema.ITEM_STATS));
  }

  @AfterEach
  void close() {
    pageViews.close();
    database.close();
  }

  private TrainingInput shards(int impressionsOfShard) {
    Path out = folder.resolve("input");
    PageViewShards.write(pageViews, out, FROM, UNTIL, impressionsOfShard);
    return PageViewShards.open(pageViews, out);
  }

  /// Everything that is told of each page view.
  private static List<String> pages(ImpressionLog log) {
    List<String> pages = new ArrayList<>();
    for (int p = 0; p < log.pages(); p++) {
      StringBuilder page = new StringBuilder();
      page.append(log.pageTime[p]).append(' ').append(log.pageUser[p]).append(' ');
      page.append(log.pageProfile[p]).append(' ').append(log.pageContext[p]).append(" after");
      for (long click = log.historyStart[p]; click < log.historyEnd[p]; click++) {
        page.append(' ').append(log.clickItem(click));
      }
      for (int i = log.pageStart[p]; i < log.pageStart[p + 1]; i++) {
        page.append(" | ").append(log.sampleItem[i]).append(log.clicked[i]).append(log.pctrBase[i]);
      }
      pages.add(page.toString());
    }
    return pages;
  }

  @Test
  void oneShardIsTheLogItself() {
    try (TrainingInput input = shards(1_000_000)) {
      assertThat(input.shards()).isEqualTo(1);
      assertThat(pages(input.shard(0)))
          .isEqualTo(pages(pageViews.read(FROM, UNTIL)))
          .hasSizeGreaterThan(500);
      assertThat(input.impressions()).isEqualTo(pageViews.impressions(FROM, UNTIL));
    }
  }

  /// Only of one shard can they share a row of a batch.
  @Test
  void pageViewsOfAUserWithTheSameHistoryLieInOneShard() {
    try (TrainingInput input = shards(150)) {
      Map<List<Long>, Integer> shards = new HashMap<>();
      int together = 0;
      for (int shard = 0; shard < input.shards(); shard++) {
        ImpressionLog part = input.shard(shard);
        for (int p = 0; p < part.pages(); p++) {
          Integer before = shards.put(List.of(part.pageUser[p], part.historyEnd[p]), shard);
          if (before != null) {
            assertThat(before).isEqualTo(shard);
            together++;
          }
        }
      }
      assertThat(together).isGreaterThan(100);
    }
  }

  @Test
  void manyShardsHaveEveryPageViewOnceAndWhole() {
    try (TrainingInput input = shards(150)) {
      assertThat(input.shards()).isGreaterThan(5);
      List<String> all = new ArrayList<>();
      long impressions = 0;
      for (int shard = 0; shard < input.shards(); shard++) {
        ImpressionLog part = input.shard(shard);
        // A random share of the time, not a piece of it.
        assertThat(part.pageTime).isSorted();
        assertThat(part.pageTime[part.pages() - 1] - part.pageTime[0])
            .isGreaterThan((UNTIL - FROM) * 3 / 4);
        assertThat(part.samples()).isBetween(60, 300);
        all.addAll(pages(part));
        impressions += part.samples();
      }
      assertThat(all)
          .containsExactlyInAnyOrderElementsOf(pages(pageViews.read(FROM, UNTIL)))
          .doesNotHaveDuplicates();
      assertThat(input.impressions()).isEqualTo(impressions);
    }
  }

  @Test
  void countsAreThoseOfThePeriod() {
    ImpressionLog log = pageViews.read(FROM, UNTIL);
    StoredLog stored = pageViews;
    long clicks = 0;
    for (boolean clicked : log.clicked) {
      clicks += clicked ? 1 : 0;
    }
    assertThat(stored.impressions(FROM, UNTIL)).isEqualTo(log.samples());
    assertThat(stored.clicks(FROM, UNTIL)).isEqualTo(clicks);
    assertThat(stored.users(FROM, UNTIL)).isEqualTo(30);
    assertThat(stored.firstTime()).isEqualTo(pageViews.read(0, Long.MAX_VALUE).pageTime[0]);
    assertThat(stored.lastTime()).isGreaterThanOrEqualTo(UNTIL);
  }

  @Test
  void aLargePeriodIsSampledByWholePageViews() {
    ImpressionLog all = pageViews.read(FROM, UNTIL);
    assertThat(pages(pageViews.sample(FROM, UNTIL))).isEqualTo(pages(all));
    ImpressionLog some = pageViews.sample(FROM, UNTIL, 500);
    assertThat(some.samples()).isBetween(200, 600);
    assertThat(pages(all)).containsAll(pages(some));
    assertThat(pages(pageViews.sample(FROM, UNTIL, 500))).isEqualTo(pages(some));
  }
}
