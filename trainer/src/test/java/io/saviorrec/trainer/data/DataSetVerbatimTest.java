package io.saviorrec.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.saviorrec.feature.FeatureColumn;
import io.saviorrec.feature.FeatureEncoder;
import io.saviorrec.trainer.data.table.Reject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Values mean what stands in the file, whatever an engine likes to guess.
class DataSetVerbatimTest {
  @TempDir Path folder;

  private SmallData withContext() {
    return SmallData.in(folder, "user_id,item_id,timestamp,clicked,size").items(1);
  }

  @Test
  void aRowThatStartsWithAHashIsNoComment() {
    try (DataSet data =
        SmallData.in(folder).items(1).shown(1, 1, 5, 1).row("#2,1,6,1").lateCuts().open()) {
      assertThat(data.rejects())
          .extracting(Reject::reason, Reject::rows)
          .containsExactly(tuple("user_id is not a whole number of 64 bits", 1L));
    }
  }

  @Test
  void lettersAreNotBooleans() {
    try (DataSet data =
        withContext().row("1,1,5,1,t").row("1,1,6,0,f").row("1,1,7,0,t").lateCuts().open()) {
      FeatureEncoder context = new FeatureEncoder(data.schema().context());
      assertThat(data.log().pageContext)
          .startsWith(
              context.encodeText(0, "t"), context.encodeText(0, "f"), context.encodeText(0, "t"));
    }
  }

  @Test
  void datesStandAsTheyAre() {
    try (DataSet data = withContext().row("1,1,5,1,2024-2-3").lateCuts().open()) {
      FeatureEncoder context = new FeatureEncoder(data.schema().context());
      assertThat(data.log().pageContext).startsWith(context.encodeText(0, "2024-2-3"));
    }
  }

  @Test
  void timesKeepTheirOffsetsAndOthersAreUtc() {
    try (DataSet data =
        SmallData.in(folder)
            .items(1)
            .row("1,1,1970-01-02 00:00:01+02:00,1")
            .row("2,1,1970-01-02T00:00:02Z,1")
            .row("3,1,1970-01-02 00:00:03.9,1")
            .row("4,1,1970-01-02,1")
            .row("5,1,02/01/1970,1")
            .row("6,1,1970-01-02 00:00:03 Europe/Berlin,1")
            .row("7,1,90000,1")
            .lateCuts()
            .open()) {
      assertThat(data.log().pageTime).startsWith(86_401 - 7_200, 86_400, 86_402, 86_403, 90_000);
      assertThat(data.rejects())
          .extracting(Reject::reason, Reject::rows)
          .containsExactly(tuple("timestamp is neither unix seconds nor a time", 2L));
    }
  }

  @Test
  void anIdThatItsTypeMayHaveRoundedIsNotUsed() {
    // One fraction makes the whole column floating point, where the two large IDs would be one.
    try (DataSet data =
        SmallData.in(folder)
            .items(1)
            .row("9007199254740993,1,5,1")
            .row("9007199254740992,1,5,1")
            .row("1.5,1,5,1")
            .row("8,1,5,1")
            .lateCuts()
            .open()) {
      assertThat(data.log().pageUser).startsWith(8).doesNotContain(9007199254740993L);
      assertThat(data.rejects().getFirst().reason())
          .isEqualTo("user_id is not a whole number of 64 bits");
    }
  }

  @Test
  void textBesideNumbersInJsonKeepsNoQuotes() {
    SmallData.in(folder)
        .write(
            "items.jsonl",
            """
            {"item_id":1,"title":"Said \\"hi\\"","image":null,"category":"a"}
            {"item_id":"2","title":1984,"image":null,"category":"a"}
            """)
        .write(
            "impressions.jsonl",
            """
            {"user_id":1,"item_id":1,"timestamp":5,"clicked":true,"size":"L"}
            {"user_id":"1","item_id":2,"timestamp":"6","clicked":0,"size":38}
            {"user_id":1,"item_id":2,"timestamp":86400000,"clicked":0,"size":null}
            {"user_id":1,"item_id":2,"timestamp":86486400,"clicked":0}
            """)
        .lateCuts();
    try (DataSet data = DataSet.open(folder)) {
      assertThat(data.rejects()).isEmpty();
      assertThat(data.items().title(0)).isEqualTo("Said \"hi\"");
      assertThat(data.items().title(1)).isEqualTo("1984");
      FeatureEncoder context = new FeatureEncoder(data.schema().context());
      assertThat(data.log().pageContext)
          .startsWith(context.encodeText(0, "L"), context.encodeText(0, "38"), context.missing(0));
    }
  }

  @Test
  void manyKeysInJsonAreColumnsAndNotOneMap() {
    StringBuilder items = new StringBuilder();
    for (int i = 1; i <= 60; i++) {
      items.append("{\"item_id\":1,\"title\":\"a\",\"image\":null,\"category\":\"b\"");
      items.append(",\"k").append(i).append("\":\"x\"}\n");
    }
    SmallData small = SmallData.in(folder).items(1).shown(1, 1, 5, 1).lateCuts();
    small.write();
    assertThat(folder.resolve("items.csv").toFile().delete()).isTrue();
    small.write("items.jsonl", items.toString());
    try (DataSet data = DataSet.open(folder)) {
      assertThat(data.items().text(0)).isEqualTo("x");
    }
  }

  @Test
  void namesOfFoldersAreNeitherColumnsNorWildcards() throws IOException {
    Path odd = Files.createDirectories(folder.resolve("day=7/a[1]*?"));
    // A wildcard would read this folder's file as well.
    Files.createDirectories(folder.resolve("day=7/a1xx"));
    SmallData.in(folder.resolve("day=7/a1xx")).items(8, 9).shown(1, 8, 5, 1).write();
    SmallData small = SmallData.in(odd, "user_id,item_id,timestamp,clicked,hour").items(1);
    try (DataSet data = small.row("1,1,5,1,3").lateCuts().open()) {
      assertThat(data.items().size()).isEqualTo(1);
      assertThat(data.schema().context()).extracting(FeatureColumn::name).containsExactly("hour");
    }
  }
}
