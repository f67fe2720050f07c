package io.saviorrec.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.prepare.TrueContent;
import io.saviorrec.trainer.data.table.Database;
import io.saviorrec.trainer.data.table.Sql;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DataSetTruthTest {
  @TempDir Path folder;

  @BeforeEach
  void writeLog() {
    SmallData.in(folder)
        .items(1, 2)
        .shown(8, 2, 50, 0)
        .shown(7, 2, 50, 1)
        .shown(7, 1, 50, 0)
        .shown(7, 1, 40, 1)
        .lateCuts()
        .write();
  }

  private void writeTruth(String rows) throws Exception {
    Files.createDirectories(folder.resolve("truth"));
    try (Database database = Database.open()) {
      database.execute(
          "COPY (SELECT * FROM (VALUES %s) t(user_id, item_id, \"timestamp\", click_probability)) TO %s"
              .formatted(rows, Sql.text(folder.resolve("truth/impressions.parquet").toString())));
    }
  }

  @Test
  void standsInTheOrderOfTheSamples() throws Exception {
    writeTruth("(7, 1, 40, 0.1), (7, 1, 50, 0.3), (8, 2, 50, 0.4), (7, 2, 50, 0.2)");
    try (DataSet data = DataSet.open(folder)) {
      assertThat(data.truth().orElseThrow()).containsExactly(0.1f, 0.2f, 0.3f, 0.4f);
    }
  }

  @Test
  void isAbsentFromRealData() {
    try (DataSet data = DataSet.open(folder)) {
      assertThat(data.truth()).isEmpty();
    }
  }

  @Test
  void mustCoverEverySample() throws Exception {
    writeTruth("(7, 1, 40, 0.1), (7, 1, 50, 1.3), (8, 2, 50, 0.4)");
    try (DataSet data = DataSet.open(folder)) {
      assertThatExceptionOfType(UserError.class)
          .isThrownBy(() -> data.truth())
          .withMessageContaining("2 impressions have no true click probability in [0, 1]");
    }
  }

  @Test
  void isNotOpenedByTheDataSetItself() throws Exception {
    Files.createDirectories(folder.resolve("truth"));
    Files.writeString(folder.resolve("truth/impressions.parquet"), "not parquet");
    try (DataSet data = DataSet.open(folder)) {
      assertThat(data.log().samples()).isEqualTo(4);
      assertThatExceptionOfType(UserError.class)
          .isThrownBy(() -> data.truth())
          .withMessageContaining("impressions.parquet");
    }
  }

  private void writeTrueContent(String rows) throws Exception {
    Files.createDirectories(folder.resolve("truth"));
    try (Database database = Database.open()) {
      database.execute(
          "COPY (SELECT * FROM (VALUES %s) t(item_id, theme, category, visible_appeal, style_0, style_1, style_2, style_3)) TO %s"
              .formatted(rows, Sql.text(folder.resolve("truth/items.parquet").toString())));
    }
  }

  @Test
  void trueContentStandsInTheOrderOfTheCatalogue() throws Exception {
    writeTrueContent(
        "(2, 5, 3, -0.5, 1, 2, 3, 4), (99, 0, 0, 0, 0, 0, 0, 0), (1, 7, 2, 0.25, 5, 6, 7, 8)");
    try (DataSet data = DataSet.open(folder)) {
      TrueContent content = data.trueContent().orElseThrow();
      assertThat(content.category()).containsExactly(2, 3);
      assertThat(content.theme()).containsExactly(7, 5);
      assertThat(content.visibleAppeal()).containsExactly(0.25f, -0.5f);
      assertThat(content.style()).isDeepEqualTo(new float[][] {{5, 6, 7, 8}, {1, 2, 3, 4}});
    }
  }

  @Test
  void trueContentIsAbsentFromRealData() {
    try (DataSet data = DataSet.open(folder)) {
      assertThat(data.trueContent()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(1, 7, 2, 0.25, 5, 6, 7, 8)",
        "(1, 7, 2, 0.25, 5, 6, 7, 8), (2, -1, 3, 0, 1, 2, 3, 4)",
        "(1, 7, 2, 0.25, 5, 6, 7, 8), (2, 5, 1000, 0, 1, 2, 3, 4)",
        "(1, 7, 2, 0.25, 5, 6, 7, 8), (2, 5, 3, 'NaN'::DOUBLE, 1, 2, 3, 4)",
        "(1, 7, 2, 0.25, 5, 6, 7, 8), (2, 5, 3, 0, 1, 2, NULL, 4)"
      })
  void trueContentMustCoverEveryItem(String rows) throws Exception {
    writeTrueContent(rows);
    try (DataSet data = DataSet.open(folder)) {
      assertThatExceptionOfType(UserError.class)
          .isThrownBy(() -> data.trueContent())
          .withMessage(
              folder.resolve("truth/items.parquet")
                  + ": 1 items have no true category and theme from 0 to 999, style and visible appeal");
    }
  }

  @Test
  void trueContentWithoutItsColumnsIsRefused() throws Exception {
    Files.createDirectories(folder.resolve("truth"));
    try (Database database = Database.open()) {
      database.execute(
          "COPY (SELECT 1 AS item_id) TO "
              + Sql.text(folder.resolve("truth/items.parquet").toString()));
    }
    try (DataSet data = DataSet.open(folder)) {
      assertThatExceptionOfType(UserError.class)
          .isThrownBy(() -> data.trueContent())
          .withMessageStartingWith(folder.resolve("truth/items.parquet") + ": ");
    }
  }
}
