package io.saviorrec.trainer.data.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DatabaseTest {
  @Test
  void spillsIntoAFolderThatNoOtherProcessHas() {
    long process = ProcessHandle.current().pid();
    assertThat(Database.spillFolder(process)).isNotEqualTo(Database.spillFolder(process + 1));
    List<String> setting = new ArrayList<>();
    try (Database database = Database.open()) {
      database.query(
          "SELECT current_setting('temp_directory')", row -> setting.add(row.getString(1)));
    }
    assertThat(setting).containsExactly(Database.spillFolder(process));
  }
}
