package io.saviorrec.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.groups.Tuple.tuple;

import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.table.Reject;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DataSetBadInputTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ,1,5,1,0.5       | user_id is missing
          x,1,5,1,0.5      | user_id is not a whole number of 64 bits
          1.5,1,5,1,0.5    | user_id is not a whole number of 64 bits
          1,,5,1,0.5       | item_id is missing
          1,99,5,1,0.5     | item_id is not in the items table
          1,1,,1,0.5       | timestamp is missing
          1,1,noon,1,0.5   | timestamp is neither unix seconds nor a time
          1,1,-1,1,0.5     | timestamp is not in the years 1970 to 9999 (are these unix seconds?)
          1,1,1700000000000,1,0.5 | timestamp is not in the years 1970 to 9999 (are these unix seconds?)
          1,1,5,,0.5       | clicked is missing
          1,1,5,2,0.5      | clicked is none of 0, 1, true, false
          1,1,5,maybe,0.5  | clicked is none of 0, 1, true, false
          1,1,5,1,1.5      | pctr_base is outside [0, 1]
          1,1,5,1,-0.1     | pctr_base is outside [0, 1]
          1,1,5,1,NaN      | pctr_base is outside [0, 1]
          1,1,5,1,high     | pctr_base is not a number
          """)
  void anImpressionThatCannotBeUsedIsCountedWithItsReasonAndASample(String row, String reason) {
    try (DataSet data =
        SmallData.in(folder, "user_id,item_id,timestamp,clicked,pctr_base")
            .items(1)
            .row("1,1,5,1,0.5")
            .row(row)
            .row(row)
            .lateCuts()
            .open()) {
      assertThat(data.log().samples()).isEqualTo(1);
      assertThat(data.rejects()).hasSize(1);
      Reject reject = data.rejects().getFirst();
      assertThat(reject.table()).isEqualTo("impressions");
      assertThat(reject.reason()).isEqualTo(reason);
      assertThat(reject.rows()).isEqualTo(2);
      assertThat(reject.sample()).startsWith("row 2 {").contains("\"item_id\":");
      assertThat(reject.message()).startsWith("impressions: 2 rows: " + reason + "; first: row 2");
    }
  }

  @Test
  void anItemThatCannotBeUsedIsCountedAndTheFirstOfADuplicateWins() {
    try (DataSet data =
        SmallData.in(folder)
            .item("1,first,,a")
            .item("1,second,,a")
            .item(",nameless,,a")
            .item("seven,text,,a")
            .item("-9223372036854775808,reserved,,a")
            .shown(1, 1, 5, 1)
            .lateCuts()
            .open()) {
      assertThat(data.items().size()).isEqualTo(1);
      assertThat(data.items().title(0)).isEqualTo("first");
      assertThat(data.rejects())
          .extracting(Reject::reason)
          .containsExactly(
              "item_id occurs again; its first row is used",
              "item_id is missing",
              "item_id is not a whole number of 64 bits",
              "item_id is reserved for unknown items");
    }
  }

  @Test
  void anItemWithoutAReadableImageStaysAndIsCounted() throws Exception {
    Files.createDirectory(folder.resolve("images"));
    Files.write(folder.resolve("images/ok.png"), new byte[] {(byte) 0x89, 'P', 'N', 'G', 13, 10});
    Files.writeString(folder.resolve("images/text.jpg"), "no picture");
    Files.createSymbolicLink(folder.resolve("images/loop.png"), Path.of("loop.png"));
    try (DataSet data =
        SmallData.in(folder)
            .item("1,ok,images/ok.png,a")
            .item("2,none,,a")
            .item("3,absent,images/absent.png,a")
            .item("4,text,images/text.jpg,a")
            .item("5,outside,../outside.png,a")
            .item("6,folder,images,a")
            .item("7,parent,..,a")
            .item("8,loop,images/loop.png,a")
            .shown(1, 1, 5, 1)
            .lateCuts()
            .open()) {
      assertThat(data.items().size()).isEqualTo(8);
      assertThat(data.items().image(0)).hasFileName("ok.png");
      assertThat(data.items().content(0).image()).hasSize(6);
      for (int i = 1; i < 8; i++) {
        assertThat(data.items().image(i)).isNull();
        assertThat(data.items().content(i).image()).isEmpty();
      }
      assertThat(data.rejects())
          .extracting(Reject::reason, Reject::rows)
          .containsExactly(
              tuple("its image file does not exist; kept without image", 3L),
              tuple("its image file is not a readable JPEG, PNG or WebP; kept without image", 1L),
              tuple("its image lies outside the data set; kept without image", 2L));
    }
  }

  @Test
  void aUserThatOccursTwiceOrHasNoFiniteProfileIsCounted() {
    try (DataSet data =
        SmallData.in(folder)
            .items(1)
            .shown(1, 1, 5, 1)
            .write("users.csv", "user_id,age\n1,20\n1,30\n2,inf\n,5\n")
            .lateCuts()
            .open()) {
      assertThat(data.rejects())
          .extracting(Reject::table, Reject::reason)
          .containsExactly(
              tuple("users", "user_id occurs again; its first row is used"),
              tuple("users", "column 'age' is not finite"),
              tuple("users", "user_id is missing"));
    }
  }

  @Test
  void aMissingFolderOrFileIsOneClearError() {
    assertUserError(folder.resolve("absent")).withMessageContaining("absent: no such folder");
    assertUserError(folder)
        .withMessageContaining(
            "has no items file; expected items.parquet or items.csv or items.jsonl");
    SmallData.in(folder).write("items.csv", "item_id,title,image,category\n1,a,,b\n");
    assertUserError(folder).withMessageContaining("has no impressions file");
  }

  @Test
  void aMissingColumnIsNamedBesideTheColumnsThatAreThere() {
    SmallData.in(folder, "user_id,item_id,clicked").items(1).row("1,1,1").write();
    assertUserError(folder)
        .withMessageContaining("impressions.csv: required column 'timestamp' is missing")
        .withMessageContaining("[user_id, item_id, clicked]");
  }

  @Test
  void twoFilesOfOneTableAreRefused() {
    SmallData.in(folder).items(1).shown(1, 1, 5, 1).write("items.jsonl", "{}").write();
    assertUserError(folder)
        .withMessageContaining("more than one items file: [items.csv, items.jsonl]");
  }

  private static UserErrorAssert assertUserError(Path folder) {
    return new UserErrorAssert(
        assertThatExceptionOfType(UserError.class).isThrownBy(() -> DataSet.open(folder).close()));
  }

  private record UserErrorAssert(ThrowableAssertAlternative<UserError> thrown) {
    UserErrorAssert withMessageContaining(String part) {
      thrown.withMessageContaining(part);
      return this;
    }
  }

  @Test
  void aLogWithoutAUsableRowIsRefusedWithTheFirstReason() {
    SmallData.in(folder).items(1).shown(1, 99, 5, 1).lateCuts().write();
    assertUserError(folder)
        .withMessageContaining("no usable impression")
        .withMessageContaining("item_id is not in the items table");
    SmallData.in(folder).item(",a,,b").shown(1, 99, 5, 1).lateCuts().write();
    assertUserError(folder)
        .withMessageContaining("no usable item")
        .withMessageContaining("item_id is missing");
  }

  @Test
  void aLogThatCannotBeSplitByTimeIsRefused() {
    SmallData.in(folder).items(1).shown(1, 1, 5, 1).shown(2, 1, 5, 1).write();
    assertUserError(folder).withMessageContaining("cannot split the log by time");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"nam": "x"}             | unknown key 'nam'
          {"test_from": "later"}   | test_from must be unix seconds, was "later"
          {"test_from": 1.5}       | test_from must be unix seconds, was 1.5
          [1]                      | not a JSON object
          {"name":                 | not JSON
          """)
  void aDescriptionThatIsWrongIsRefused(String json, String message) {
    SmallData.in(folder).items(1).shown(1, 1, 5, 1).write("dataset.json", json).write();
    assertUserError(folder).withMessageContaining(message);
  }

  @Test
  void aNestedColumnIsNoFeature() {
    SmallData.in(folder)
        .write("items.csv", "item_id,title,image,category\n1,a,,b\n")
        .write(
            "impressions.jsonl",
            "{\"user_id\":1,\"item_id\":1,\"timestamp\":5,\"clicked\":true,\"tags\":[\"a\"]}\n");
    assertUserError(folder).withMessageContaining("column 'tags' has type VARCHAR[]");
  }
}
