package io.saviorrec.trainer.data.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordLinesTest {
  @TempDir private Path folder;

  private RecordLines lines(String name, String text) throws IOException {
    return RecordLines.of(Files.writeString(folder.resolve(name), text));
  }

  @Test
  void theHeaderOfCsvAndLineFeedsInsideQuotesCount() throws IOException {
    try (RecordLines lines = lines("a.csv", "a,b\n1,\"x\ny \"\" z\n\"\n2,y\n\n3,z")) {
      assertThat(lines.of(0)).hasValue(2);
      assertThat(lines.of(1)).hasValue(5);
      assertThat(lines.of(1)).hasValue(5);
      assertThat(lines.of(2)).hasValue(7);
      assertThat(lines.of(3)).isEmpty();
    }
  }

  @Test
  void jsonHasARecordALine() throws IOException {
    try (RecordLines lines = lines("a.jsonl", "{\"a\": \"it's \\\"\"}\r\n{}\r\n\r\n{}\r\n")) {
      assertThat(lines.of(1)).hasValue(2);
      assertThat(lines.of(2)).hasValue(4);
    }
  }

  @Test
  void parquetHasNoLines() throws IOException {
    try (RecordLines lines = lines("a.parquet", "PAR1\n\n")) {
      assertThat(lines.of(0)).isEmpty();
    }
  }
}
