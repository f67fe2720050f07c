package io.saviorrec.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.table.Database;
import io.saviorrec.trainer.data.table.Sql;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
}
