package io.saviorrec.trainer.data.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatabaseTest {
  private static final long MEMORY = 256L << 20;

  @TempDir private Path scratch;

  private Database open() {
    return Database.open(DatabaseLimits.of(MEMORY, scratch));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> entries = Files.list(scratch)) {
      return entries.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  private static String setting(Database database, String name) {
    List<String> value = new ArrayList<>();
    database.query("SELECT current_setting('" + name + "')", row -> value.add(row.getString(1)));
    return value.getFirst();
  }

  @Test
  void eachDatabaseHasAFolderOfItsOwnThatGoesWithIt() throws IOException {
    try (Database first = open();
        Database second = open()) {
      assertThat(first.folder()).isNotEqualTo(second.folder()).exists();
      assertThat(setting(first, "temp_directory")).startsWith(first.folder().toString());
      assertThat(names()).hasSize(2);
    }
    assertThat(names()).isEmpty();
  }

  @Test
  void memoryAndThreadsAreBounded() {
    try (Database database = open()) {
      assertThat(setting(database, "memory_limit")).isEqualTo("256.0 MiB");
      assertThat(Integer.parseInt(setting(database, "threads"))).isBetween(1, 2);
    }
  }

  /// Four hundred megabytes of distinct numbers within 256.
  @Test
  void groupsAndSortsWhatDoesNotFitIntoMemory() {
    try (Database database = open()) {
      database.execute(
          "CREATE TABLE numbers AS SELECT hash(i) AS a, hash(i, 1) AS b FROM range(12000000) t(i)");
      long[] seen = {0, 0};
      database.query("SELECT a, min(b) FROM numbers GROUP BY a ORDER BY a", row -> seen[0]++);
      assertThat(seen[0]).isEqualTo(12_000_000);
    }
  }

  @Test
  void aBranchReadsWhatIsThereWhileAnotherQueryIsRead() {
    try (Database database = open();
        Database branch = database.branch()) {
      database.execute("CREATE TABLE numbers AS SELECT i FROM range(100000) t(i)");
      database.execute("CREATE TABLE copied (i BIGINT)");
      branch.appending(
          "copied",
          out ->
              database.query(
                  "SELECT i FROM numbers ORDER BY i",
                  row -> {
                    out.beginRow();
                    out.append(row.getLong(1));
                    out.endRow();
                  }));
      assertThat(database.number("SELECT sum(i) FROM copied")).isEqualTo(4_999_950_000L);
      assertThat(setting(branch, "TimeZone")).isEqualTo("UTC");
    }
  }

  @Test
  void whatAKilledProcessLeftIsRemovedByTheNext() throws IOException {
    Path left = Files.createDirectory(scratch.resolve("saviorrec-scratch-0-123"));
    Files.writeString(left.resolve("lock"), "");
    Files.writeString(left.resolve("tables.duckdb"), "much");
    Path others = Files.createDirectory(scratch.resolve("others"));
    open().close();
    assertThat(left).doesNotExist();
    assertThat(others).exists();
  }
}
