package io.saviorrec.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.saviorrec.trainer.console.UserError;
import io.saviorrec.trainer.data.table.Database;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Files that cannot be read: each is one line that says what is wrong and where.
class DataSetFileFaultTest {
  private static final String HEADER = "user_id,item_id,timestamp,clicked";

  @TempDir Path folder;

  @BeforeEach
  void writeGoodData() {
    SmallData.in(folder).items(1, 2).shown(1, 1, 5, 1).lateCuts().write();
  }

  private String refusal() {
    UserError error = catchThrowableOfType(UserError.class, () -> DataSet.open(folder).close());
    assertThat(error).as("the data set is refused").isNotNull();
    String message = String.valueOf(error.getMessage());
    assertThat(message)
        .doesNotContain("\n")
        .doesNotContainIgnoringCase("duckdb")
        .doesNotContain("java.", "Exception", "CSV Error", "Invalid Input", "sample_size", "SELECT")
        .startsWith(folder.toString());
    return message.substring(folder.toString().length());
  }

  private String refusal(String file, String content) throws IOException {
    String table = file.substring(0, file.indexOf('.'));
    Files.deleteIfExists(folder.resolve(table + ".csv"));
    // One char is one byte, so that a test can write what is not UTF-8.
    Files.write(folder.resolve(file), content.getBytes(StandardCharsets.ISO_8859_1));
    return refusal();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\u00a7',
      textBlock =
          """
          1,1,5,1~1,1,6,1,9~1,1,7,1     | , line 3: 5 fields where the header has 4
          1,1,5,1~1,1,6~1,1,7,1         | , line 3: 3 fields where the header has 4
          1,1,5,1,9~1,1,6,1,9           | , line 2: 5 fields where the header has 4
          1,1,5~1,1,6                   | , line 2: 3 fields where the header has 4
          1,1,5,1~junk                  | , line 3: 1 field where the header has 4
          1,1,5,1~1,1,"6,1              | , line 3: a quote that is never closed
          1,1,5,1~1,1,"6"7,1            | , line 3: text after the closing quote of field 3
          1,1,"a~b",1~1,1,6             | , line 4: 3 fields where the header has 4
          """)
  void aRowOfAnotherWidthIsNamedByItsLine(String rows, String message) throws IOException {
    assertThat(refusal("impressions.csv", HEADER + "\n" + rows.replace('~', '\n') + "\n"))
        .isEqualTo("/impressions.csv" + message);
  }

  @Test
  void aWrongRowFarDownIsNamedByItsLine() throws IOException {
    String rows = "1,1,5,1\n".repeat(100_000);
    assertThat(refusal("impressions.csv", HEADER + "\n" + rows + "1,1,5,1,1\n" + rows))
        .isEqualTo("/impressions.csv, line 100002: 5 fields where the header has 4");
  }

  @Test
  void theHeaderNamesEveryColumnOnce() throws IOException {
    assertThat(refusal("impressions.csv", "," + HEADER + "\n0,1,1,5,1\n"))
        .isEqualTo("/impressions.csv, line 1: column 1 has no name in the header");
    assertThat(refusal("impressions.csv", HEADER + ",Clicked\n1,1,5,1,0\n"))
        .isEqualTo("/impressions.csv, line 1: column 'Clicked' occurs twice in the header");
    assertThat(refusal("impressions.csv", "\n" + HEADER + "\n1,1,5,1\n"))
        .isEqualTo("/impressions.csv, line 1: column 1 has no name in the header");
    assertThat(refusal("impressions.csv", "exported today\n" + HEADER + "\n1,1,5,1\n"))
        .isEqualTo("/impressions.csv, line 2: 4 fields where the header has 1");
  }

  @Test
  void lineEndsOfTwoKindsAreNamedByTheirLine() throws IOException {
    assertThat(refusal("impressions.csv", HEADER + "\r\n1,1,5,1\r\n1,1,6,1\n1,1,7,1\r\n"))
        .isEqualTo("/impressions.csv, line 3: ends in LF unlike the lines before");
  }

  @Test
  void bytesThatAreNotUtf8AreNamedByTheirLine() throws IOException {
    assertThat(refusal("items.csv", "item_id,title,image,category\n1,a,,b\n2,caf\u00e9,,b\n"))
        .isEqualTo("/items.csv, line 3: not UTF-8");
    assertThat(refusal("items.jsonl", "{\"item_id\":1}\n{\"title\":\"caf\u00e9\"}\n"))
        .isEqualTo("/items.jsonl, line 2: not UTF-8");
  }

  @Test
  void anEmptyFileIsNamed() throws IOException {
    for (String file : new String[] {"items.csv", "items.parquet", "items.jsonl"}) {
      assertThat(refusal(file, "")).isEqualTo("/" + file + ": the file is empty");
      Files.delete(folder.resolve(file));
    }
    assertThat(refusal("items.jsonl", "\n\n"))
        .isEqualTo("/items.jsonl, line 1: no JSON object in the whole file");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"item_id":                  | not one whole JSON object with each key once
          {"item_id":2} x              | not one whole JSON object with each key once
          {"item_id":2}{"item_id":3}   | not one whole JSON object with each key once
          {"item_id":2,"item_id":3}    | not one whole JSON object with each key once
          [2]                          | not a JSON object in braces
          2                            | not a JSON object in braces
          """)
  void aBrokenLineOfJsonIsNamed(String line, String message) throws IOException {
    String good = "{\"item_id\":1,\"title\":\"a\",\"image\":null,\"category\":\"b\"}\n";
    assertThat(refusal("items.jsonl", good + "\n" + line + "\n" + good))
        .isEqualTo("/items.jsonl, line 3: " + message);
  }

  @Test
  void aParquetFileThatIsCutOffOrDamagedIsNamed() throws IOException {
    Path file = folder.resolve("items.parquet");
    try (Database database = Database.open()) {
      database.writeParquet(
          file,
          "SELECT range AS item_id, range::VARCHAR AS title, NULL AS image, 'c' AS category FROM range(20000)");
    }
    byte[] whole = Files.readAllBytes(file);
    assertThat(refusal("items.parquet", latin(Arrays.copyOf(whole, whole.length / 2))))
        .isEqualTo("/items.parquet: a Parquet file that is cut off; it lacks its end");
    byte[] damaged = whole.clone();
    Arrays.fill(damaged, 100, whole.length / 2, (byte) 0x5a);
    assertThat(refusal("items.parquet", latin(damaged)))
        .isEqualTo("/items.parquet: a damaged Parquet file, or of a kind that cannot be read");
    assertThat(refusal("items.parquet", "item_id,title,image,category\n1,a,,b\n"))
        .isEqualTo("/items.parquet: not a Parquet file");
  }

  private static String latin(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  @Test
  void aFolderInPlaceOfAFileIsNamed() throws IOException {
    Files.delete(folder.resolve("items.csv"));
    Files.createDirectory(folder.resolve("items.csv"));
    assertThat(refusal()).isEqualTo("/items.csv: a folder where a file is expected");
  }

  @Test
  void aFolderInPlaceOfTheDescriptionIsNotTakenForNone() throws IOException {
    Files.delete(folder.resolve("dataset.json"));
    Files.createDirectory(folder.resolve("dataset.json"));
    assertThat(refusal()).isEqualTo("/dataset.json: a folder where a file is expected");
  }

  @Test
  void linksThatLeadNowhereAreNamed() throws IOException {
    Files.delete(folder.resolve("items.csv"));
    Files.createSymbolicLink(folder.resolve("items.csv"), Path.of("items.csv"));
    assertThat(refusal()).isEqualTo("/items.csv: a link that leads nowhere");
    Path loop = folder.resolve("loop");
    Files.createSymbolicLink(loop, loop);
    assertThat(catchThrowableOfType(UserError.class, () -> DataSet.open(loop)))
        .hasMessage(loop + ": a link that leads nowhere");
  }

  @Test
  void aFileInPlaceOfTheDataSetIsNamed() {
    Path file = folder.resolve("items.csv");
    assertThat(catchThrowableOfType(UserError.class, () -> DataSet.open(file)))
        .hasMessage(file + ": a file where a folder is expected");
  }

  @Test
  void whatMayNotBeReadIsNamed() throws IOException {
    Path items = folder.resolve("items.csv");
    Files.setPosixFilePermissions(items, PosixFilePermissions.fromString("---------"));
    assumeFalse(Files.isReadable(items), "the administrator may read everything");
    assertThat(refusal()).isEqualTo("/items.csv: may not be read; see its permissions");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("---------"));
    try {
      assertThat(refusal()).isEqualTo(": may not be read; see its permissions");
    } finally {
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    }
  }
}
