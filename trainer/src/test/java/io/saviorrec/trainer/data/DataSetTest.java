package io.saviorrec.trainer.data;

import static io.saviorrec.trainer.data.SmallData.DAY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import io.saviorrec.feature.FeatureColumn;
import io.saviorrec.feature.FeatureEncoder;
import io.saviorrec.trainer.data.log.Cuts;
import io.saviorrec.trainer.data.log.ImpressionLog;
import io.saviorrec.trainer.data.log.ItemStatistics;
import io.saviorrec.trainer.data.table.Database;
import io.saviorrec.trainer.data.table.Sql;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataSetTest {
  @TempDir Path folder;

  @Test
  void numbersItemsByAscendingId() {
    try (DataSet data =
        SmallData.in(folder).items(30, 10, 20).shown(1, 10, 5, 1).lateCuts().open()) {
      assertThat(data.items().size()).isEqualTo(3);
      assertThat(data.items().itemId(0)).isEqualTo(10);
      assertThat(data.items().itemId(2)).isEqualTo(30);
      assertThat(data.items().indexOf(20)).isEqualTo(1);
      assertThat(data.items().indexOf(21)).isEqualTo(-1);
      assertThat(data.items().title(2)).isEqualTo("Title 30");
      assertThat(data.items().firstImpression(0)).isEqualTo(5);
      assertThat(data.items().firstImpression(1)).isEqualTo(Long.MAX_VALUE);
      assertThat(data.name()).isEqualTo("small");
    }
  }

  @Test
  void readsQuotedTextAndKeepsDigitsAsTheyAre() {
    SmallData small =
        SmallData.in(folder)
            .write(
                "items.csv",
                """
                item_id,title,image,category,plot,year
                1,"Say ""hi"", world",,fun,"first line
                second line",007
                2,0042,,,,
                """)
            .write("impressions.csv", "user_id,item_id,timestamp,clicked\n1,1,5,1\n")
            .lateCuts();
    assertThat(small).isNotNull();
    try (DataSet data = DataSet.open(folder)) {
      assertThat(data.items().title(0)).isEqualTo("Say \"hi\", world");
      assertThat(data.items().text(0)).isEqualTo("first line\nsecond line 007");
      assertThat(data.items().title(1)).isEqualTo("0042");
      assertThat(data.items().category(1)).isEmpty();
      assertThat(data.items().text(1)).isEmpty();
      assertThat(data.items().content(0).title()).isEqualTo("Say \"hi\", world");
    }
  }

  @Test
  void aPageIsWhatOneUserSawInOneSecond() {
    try (DataSet data =
        SmallData.in(folder)
            .items(1, 2, 3)
            .shown(8, 3, 50, 0)
            .shown(7, 2, 50, 1)
            .shown(7, 1, 50, 0)
            .shown(7, 3, 40, 1)
            .lateCuts()
            .open()) {
      ImpressionLog log = data.log();
      assertThat(log.pageTime).containsExactly(40, 50, 50);
      assertThat(log.pageUser).containsExactly(7, 7, 8);
      assertThat(log.pageStart).containsExactly(0, 1, 3, 4);
      // The rows of a page keep the order of the file.
      assertThat(log.sampleItem).containsExactly(2, 1, 0, 2);
      assertThat(log.clicked).containsExactly(true, true, false, false);
      assertThat(log.firstPageAt(40)).isZero();
      assertThat(log.firstPageAt(41)).isEqualTo(1);
      assertThat(log.firstPageAt(51)).isEqualTo(3);
    }
  }

  @Test
  void historiesHoldTheUsersClicksStrictlyBeforeThePage() {
    try (DataSet data =
        SmallData.in(folder)
            .items(1, 2, 3, 4)
            .shown(7, 1, 10, 1)
            .shown(7, 2, 20, 1)
            .shown(7, 3, 20, 1)
            .shown(7, 4, 20, 0)
            .shown(7, 4, 30, 0)
            .shown(9, 4, 15, 1)
            .shown(9, 1, 40, 0)
            .lateCuts()
            .open()) {
      ImpressionLog log = data.log();
      assertThat(history(log, 7, 10)).isEmpty();
      // The clicks of the page itself, of the same second, are not its history.
      assertThat(history(log, 7, 20)).containsExactly(0);
      assertThat(history(log, 7, 30)).containsExactly(0, 1, 2);
      assertThat(history(log, 9, 15)).isEmpty();
      assertThat(history(log, 9, 40)).containsExactly(3);
    }
  }

  private static List<Integer> history(ImpressionLog log, long user, long time) {
    for (int p = 0; p < log.pages(); p++) {
      if (log.pageUser[p] == user && log.pageTime[p] == time) {
        List<Integer> items = new ArrayList<>();
        for (long i = log.historyStart[p]; i < log.historyEnd[p]; i++) {
          items.add(log.clickItem(i));
        }
        return items;
      }
    }
    throw new AssertionError("no page of user " + user + " at " + time);
  }

  @Test
  void statisticsOfADayCountStrictlyEarlierDaysOnly() {
    try (DataSet data =
        SmallData.in(folder)
            .items(1, 2)
            .shown(7, 1, 10 * DAY + 43_200, 1)
            .shown(8, 1, 11 * DAY - 1, 0)
            .shown(8, 1, 11 * DAY, 1)
            .lateCuts()
            .open()) {
      assertThat(stats(data, 0, 10)).containsExactly(0, 0, 0);
      assertThat(stats(data, 0, 11)).containsExactly(2, 1, 0.5f);
      assertThat(stats(data, 0, 12)).containsExactly(3, 2, 1.5f);
      assertThat(stats(data, 0, 20)).containsExactly(3, 2, 9.5f);
      assertThat(stats(data, 1, 20)).containsExactly(0, 0, 0);
      assertThat(data.pageViewsBefore(11 * DAY)).containsExactly(2, 0);
      assertThat(data.pageViewsBefore(11 * DAY + 1)).containsExactly(3, 0);
    }
  }

  private static float[] stats(DataSet data, int item, int day) {
    float[] out = new float[ItemStatistics.WIDTH];
    data.statistics().at(item, day, out, 0);
    return out;
  }

  @Test
  void splitsByTimeAt70And80PercentUnlessTold() {
    SmallData small = SmallData.in(folder).items(1);
    for (int i = 0; i < 100; i++) {
      small.shown(1, 1, 1_000 + i, i % 2);
    }
    try (DataSet data = small.open()) {
      assertThat(data.cuts()).isEqualTo(new Cuts(1_000, 1_070, 1_080));
      assertThat(data.name()).isEqualTo(String.valueOf(folder.getFileName()));
    }
    small.write("dataset.json", "{\"warmup_until\": 1010, \"test_from\": 1090}");
    try (DataSet data = small.open()) {
      assertThat(data.cuts()).isEqualTo(new Cuts(1_010, 1_070, 1_090));
    }
  }

  @Test
  void takesTimesWithoutAZoneAsUtc() {
    try (DataSet data =
        SmallData.in(folder).items(1).row("1,1,1970-01-02 00:00:05,true").lateCuts().open()) {
      assertThat(data.log().pageTime).containsExactly(DAY + 5);
      assertThat(data.log().pageDay).containsExactly(1);
      assertThat(data.log().clicked).containsExactly(true);
    }
  }

  @Test
  void encodesContextOfThePagesFirstImpressionAndTheUsersProfile() {
    try (DataSet data =
        SmallData.in(folder, "user_id,item_id,timestamp,clicked,pctr_base,hour,device")
            .items(1, 2)
            .row("7,1,10,1,0.25,3,phone")
            .row("7,2,10,0,,4,tablet")
            .row("8,2,20,0,1,5,")
            .write("users.csv", "user_id,city,age\n7,Ulm,30\n9,Bonn,\n")
            .lateCuts()
            .open()) {
      ImpressionLog log = data.log();
      FeatureEncoder context = new FeatureEncoder(data.schema().context());
      FeatureEncoder profile = new FeatureEncoder(data.schema().profile());
      assertThat(data.schema().context())
          .extracting(FeatureColumn::name, FeatureColumn::kind)
          .containsExactly(
              tuple("hour", FeatureColumn.Kind.NUMERIC),
              tuple("device", FeatureColumn.Kind.CATEGORICAL));
      assertThat(log.pageContext)
          .containsExactly(
              context.encodeNumber(0, 3),
              context.encodeText(1, "phone"),
              context.encodeNumber(0, 5),
              context.missing(1));
      assertThat(log.pageProfile)
          .containsExactly(
              profile.encodeText(0, "Ulm"),
              profile.encodeNumber(1, 30),
              profile.missing(0),
              profile.missing(1));
      assertThat(log.pctrBase).containsExactly(0.25f, Float.NaN, 1f);
    }
  }

  @Test
  void takesNamesVerbatimAsTheServerDoes() {
    try (DataSet data =
        SmallData.in(folder, "user_id,item_id,timestamp,clicked,device")
            .item("1,\" Blank before\",,\"Cat \"")
            .row("7,1,10,1,\" Phone \"")
            .lateCuts()
            .open()) {
      FeatureEncoder context = new FeatureEncoder(data.schema().context());
      assertThat(data.log().pageContext).containsExactly(context.encodeText(0, " Phone "));
      assertThat(context.encodeText(0, " Phone ")).isNotEqualTo(context.encodeText(0, "Phone"));
      assertThat(data.items().content(0).title()).isEqualTo(" Blank before");
      assertThat(data.items().content(0).category()).isEqualTo("Cat ");
    }
  }

  @Test
  void sizesFeatureColumnsByTheTrainingPeriodAlone() {
    SmallData small = SmallData.in(folder, "user_id,item_id,timestamp,clicked,shop,price").items(1);
    for (int i = 0; i < 100; i++) {
      small.row("1,1,%d,0,shop%d,%d".formatted(i, i % 10, i));
    }
    for (int i = 0; i < 100; i++) {
      small.row("1,1,%d,0,other%d,%d".formatted(1000 * DAY + i, i, 10_000 + i));
    }
    try (DataSet data = small.lateCuts().open()) {
      FeatureColumn shop = data.schema().context().get(0);
      FeatureColumn price = data.schema().context().get(1);
      assertThat(shop.buckets()).isEqualTo(64);
      assertThat(price.boundaries()).hasSize(15).allMatch(b -> b > 0 && b < 100);
      assertThat(price.boundaries().get(7)).isBetween(48f, 51f);
    }
  }

  @Test
  void csvJsonlAndParquetReadTheSame() {
    SmallData.in(folder, "user_id,item_id,timestamp,clicked,pctr_base,hour,device")
        .items(1, 2)
        .row("7,1,10,1,0.25,3,phone")
        .row("7,2,10,0,,4,tablet")
        .row("8,2,20,0,1,5.5,")
        .lateCuts()
        .write("users.csv", "user_id,city\n7,Ulm\n")
        .write();
    List<Object> csv = snapshot(folder);
    for (String format : List.of("jsonl", "parquet")) {
      Path other = convert(format);
      assertThat(snapshot(other)).as(format).isEqualTo(csv);
    }
  }

  /// Writes the csv files of the folder once more in another format, under a name with a quote.
  private Path convert(String format) {
    Path other = folder.resolve("it's " + format);
    assertThat(other.toFile().mkdir()).isTrue();
    try (Database database = Database.open()) {
      for (String table : List.of("items", "impressions", "users")) {
        database.execute(
            "COPY (SELECT * FROM read_csv(%s)) TO %s (FORMAT %s)"
                .formatted(
                    Sql.text(folder.resolve(table + ".csv").toString()),
                    Sql.text(other.resolve(table + "." + format).toString()),
                    format.equals("jsonl") ? "json" : format));
      }
    }
    SmallData.in(other).lateCuts();
    return other;
  }

  private static List<Object> snapshot(Path folder) {
    try (DataSet data = DataSet.open(folder)) {
      ImpressionLog log = data.log();
      List<Object> all = new ArrayList<>(List.of(data.schema(), data.cuts(), data.rejects()));
      for (int i = 0; i < data.items().size(); i++) {
        all.add(data.items().content(i));
      }
      for (long[] longs :
          List.of(
              log.pageUser,
              log.pageTime,
              log.pageProfile,
              log.pageContext,
              log.historyStart,
              log.historyEnd)) {
        all.add(Arrays.stream(longs).boxed().toList());
      }
      for (int[] ints : List.of(log.pageStart, log.sampleItem)) {
        all.add(Arrays.stream(ints).boxed().toList());
      }
      all.add(Arrays.toString(log.clicked));
      all.add(Arrays.toString(log.pctrBase));
      return all;
    }
  }
}
