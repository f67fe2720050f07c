package io.saviorrec.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.saviorrec.trainer.data.prepare.CoClickConfig;
import io.saviorrec.trainer.data.table.Database;
import io.saviorrec.trainer.data.table.Sql;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Everything that a data set is asked for, under locales whose numbers have other digits.
class DataSetLocaleTest {
  private final Locale before = Locale.getDefault();

  @TempDir Path folder;

  @AfterEach
  void restoreLocale() {
    Locale.setDefault(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ar-EG", "fa-IR", "tr-TR"})
  void readsMinesAndRequestsUnderAnyLocale(String tag) throws Exception {
    SmallData small =
        SmallData.in(folder, "user_id,item_id,timestamp,clicked,pctr_base,hour,device");
    small.items(1, 2, 3).row("0,99,5,1,0.5,1,INDIGO");
    for (int user = 1; user <= 20; user++) {
      small.row(user + ",1,100,1,0.5,1.5,INDIGO").row(user + ",2,200,1,,2,INDIGO");
      small.row(user + ",3,%d,0,,3,PHONE".formatted(1_000 + user));
    }
    small.write("users.csv", "user_id,age\n1,30\n").lateCuts().write();
    Locale.setDefault(Locale.forLanguageTag(tag));
    writeTruth();
    try (DataSet data = DataSet.open(folder)) {
      assertThat(data.rejects()).hasSize(1);
      assertThat(data.rejects().getFirst().message()).startsWith("impressions: 1 row: ");
      assertThat(data.coClicks(1_000, new CoClickConfig(3600, 3, 300, 10, 5)).size()).isEqualTo(2);
      assertThat(data.request(0, 10).getCandidatesList()).hasSize(1);
      assertThat(data.truth()).isPresent();
      assertThat(data.schema().context()).hasSize(2);
      assertThat(data.pageViewsBefore(1_000)[0]).isEqualTo(20);
    }
  }

  private void writeTruth() throws Exception {
    Files.createDirectories(folder.resolve("truth"));
    try (Database database = Database.open()) {
      database.execute(
          Sql.format(
              "COPY (SELECT user_id, item_id, \"timestamp\", 0.5 AS click_probability FROM read_csv(%s)) TO %s",
              Sql.text(folder.resolve("impressions.csv").toString()),
              Sql.text(folder.resolve("truth/impressions.parquet").toString())));
    }
  }
}
