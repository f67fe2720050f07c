package io.saviorrec.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.saviorrec.trainer.data.DataSet;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class SynthCommandTest {
  @TempDir private static Path folder;
  private static Path first;
  private static JsonNode report;

  @BeforeAll
  static void generate() throws IOException {
    first = folder.resolve("first");
    Run run = run(first.toString(), "--preset", "tiny", "--seed", "9", "--json");
    assertThat(run.status).isZero();
    report = new ObjectMapper().readTree(run.out);
  }

  private record Run(int status, String out, String errors) {}

  @Test
  void writesTheDataSetWithItsTruth() throws SQLException {
    assertThat(count("SELECT count(*) FROM '%s/items.parquet'")).isEqualTo(300);
    assertThat(count("SELECT count(*) FROM '%s/users.parquet'")).isEqualTo(120);
    assertThat(count("SELECT count(*) FROM '%s/impressions.parquet'")).isEqualTo(6_000);
    assertThat(
            count(
                "SELECT count(*) FROM '%1$s/impressions.parquet' JOIN '%1$s/items.parquet' USING"
                    + " (item_id) JOIN '%1$s/users.parquet' USING (user_id) JOIN"
                    + " '%1$s/truth/impressions.parquet' USING (user_id, item_id, timestamp)"
                    + " WHERE click_probability BETWEEN 0 AND 1 AND pctr_base BETWEEN 0 AND 1"))
        .isEqualTo(6_000);
    assertThat(
            count(
                "SELECT count(*) FROM (SELECT user_id, timestamp FROM '%s/impressions.parquet'"
                    + " GROUP BY ALL HAVING count(*) = 10 AND count(DISTINCT item_id) = 10)"))
        .isEqualTo(600);
  }

  @Test
  void aLogWithoutABaseModelIsTheSameButForItsPredictions() throws SQLException {
    Path without = folder.resolve("without");
    Run run = run(without.toString(), "--preset", "tiny", "--seed", "9", "--no-pctr-base");
    assertThat(run.status).isZero();
    assertThat(
            count(
                "SELECT count(*) FROM '%s/impressions.parquet' f JOIN '"
                    + without
                    + "/impressions.parquet' w USING"
                    + " (user_id, item_id, timestamp, clicked, hour, device)"
                    + " WHERE f.pctr_base IS NOT NULL AND w.pctr_base IS NULL"))
        .isEqualTo(6_000);
  }

  @Test
  void aMarketHasTheSameLogAndOtherWordsAndPictures() throws IOException, SQLException {
    Path market = folder.resolve("market");
    Run run = run(market.toString(), "--preset", "tiny", "--seed", "9", "--assortment", "MARKET");
    assertThat(run.status).isZero();
    assertThat(Files.readString(market.resolve("dataset.json"))).contains("synthetic-market-tiny");
    assertThat(market.resolve("impressions.parquet"))
        .hasSameBinaryContentAs(first.resolve("impressions.parquet"));
    assertThat(
            count(
                "SELECT count(*) FROM '%s/items.parquet' s JOIN '"
                    + market
                    + "/items.parquet' m USING (item_id)"
                    + " WHERE s.title = m.title OR s.category = m.category"))
        .isZero();
    try (Stream<Path> pictures = Files.list(first.resolve("images"))) {
      assertThat(pictures)
          .allSatisfy(
              picture ->
                  assertThat(
                          Files.mismatch(
                              picture, market.resolve("images").resolve(picture.getFileName())))
                      .isNotNegative());
    }
  }

  @Test
  void aBulkLogHasNoOtherAssortment() {
    Path bulk = folder.resolve("bulk");
    Run run = run(bulk.toString(), "--bulk-impressions", "1000", "--assortment", "MARKET");
    assertThat(run.status).isEqualTo(2);
    assertThat(run.errors).contains("--bulk-impressions has titles of the assortment shop alone");
    assertThat(bulk).doesNotExist();
  }

  @Test
  void keepsTheTruthOutOfTheLog() throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT string_agg(column_name, ' ') FROM (DESCRIBE FROM '"
                    + first.resolve("impressions.parquet")
                    + "')")) {
      assertThat(row.next()).isTrue();
      assertThat(row.getString(1))
          .isEqualTo("user_id item_id timestamp clicked pctr_base hour device");
    }
  }

  @Test
  void drawsThePictureOfEveryItemThatNamesOne() throws SQLException, IOException {
    long named = count("SELECT count(image) FROM '%s/items.parquet'");
    assertThat(named).isBetween(275L, 299L);
    try (Stream<Path> images = Files.list(first.resolve("images"))) {
      assertThat(images.count()).isEqualTo(named);
    }
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT image FROM '" + first + "/items.parquet' WHERE image IS NOT NULL")) {
      while (rows.next()) {
        assertThat(first.resolve(rows.getString(1))).isRegularFile();
      }
    }
  }

  @Test
  void cutsTheLogWhereTheDescriptionSays() throws IOException {
    JsonNode description = new ObjectMapper().readTree(first.resolve("dataset.json").toFile());
    assertThat(description.get("name").asText()).isEqualTo("synthetic-tiny");
    assertThat(description.get("warmup_until").asLong()).isEqualTo(1_710_028_800L);
    assertThat(description.get("validation_from").asLong()).isEqualTo(1_711_238_400L);
    assertThat(description.get("test_from").asLong()).isEqualTo(1_711_324_800L);
  }

  @Test
  void reportsReferencesAsJson() {
    assertThat(report.get("items").asInt()).isEqualTo(300);
    assertThat(report.get("impressions").asInt()).isEqualTo(6_000);
    assertThat(report.get("test_auc").get("oracle").asDouble()).isBetween(.65, .95);
    assertThat(report.get("buckets")).hasSize(6);
    assertThat(report.get("buckets").get(5).get("auc").get("oracle").isNull()).isTrue();
  }

  @Test
  void writesWhatTheTrainerReadsWithoutRejects() {
    try (DataSet data = DataSet.open(first)) {
      assertThat(data.rejects()).isEmpty();
      assertThat(data.items().size()).isEqualTo(300);
      assertThat(data.log().pages()).isEqualTo(600);
      assertThat(data.truth().orElseThrow()).hasSize(6_000).doesNotContain(Float.NaN);
    }
  }

  @Test
  void writesTheSameContentFromTheSameSeed() throws SQLException, IOException {
    Path second = folder.resolve("second");
    assertThat(run(second.toString(), "--preset", "tiny", "--seed", "9").status).isZero();
    for (String table :
        List.of("items", "users", "impressions", "truth/impressions", "truth/items")) {
      String one = "FROM '" + first + "/" + table + ".parquet'";
      String two = "FROM '" + second + "/" + table + ".parquet'";
      assertThat(count("SELECT count(*) FROM (" + one + " EXCEPT ALL " + two + ")")).isZero();
      assertThat(count("SELECT count(*) FROM (" + two + " EXCEPT ALL " + one + ")")).isZero();
    }
    try (Stream<Path> images = Files.list(first.resolve("images"))) {
      for (Path image : images.toList()) {
        Path twin = second.resolve("images").resolve(image.getFileName());
        assertThat(Files.mismatch(image, twin)).isEqualTo(-1);
      }
    }
  }

  @Test
  void refusesAFolderThatIsNotEmpty() {
    Run run = run(first.toString(), "--preset", "tiny");
    assertThat(run.status).isNotZero();
    assertThat(run.errors).contains("UserError").contains(first + " is not empty");
  }

  @Test
  void refusesAFileInPlaceOfTheFolder() {
    Run run = run(first.resolve("items.parquet").toString(), "--preset", "tiny");
    assertThat(run.status).isNotZero();
    assertThat(run.errors).contains("is a file; name a folder");
  }

  @Test
  void namesThePresetsWhenItKnowsNoSuchPreset() {
    Run run = run(folder.resolve("third").toString(), "--preset", "huge");
    assertThat(run.status).isEqualTo(2);
    assertThat(run.errors).contains("'huge' is none of tiny, small, medium");
    assertThat(folder.resolve("third")).doesNotExist();
  }

  private static Run run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter errors = new StringWriter();
    int status =
        new CommandLine(new SynthCommand())
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(errors))
            .execute(arguments);
    return new Run(status, out.toString(), errors.toString());
  }

  private static long count(String query) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(query.replace("%1$s", "%s").replace("%s", "" + first))) {
      row.next();
      return row.getLong(1);
    }
  }
}
