package io.saviorrec.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TasteTableTest {
  private static final long[] USERS = {Long.MIN_VALUE, -4, 0, 7, Long.MAX_VALUE};

  @TempDir private Path folder;

  private Path write() {
    Path file = folder.resolve(Bundle.TASTES);
    TasteTable.write(
        file,
        USERS,
        3,
        (user, out) -> {
          out[0] = Long.hashCode(user);
          out[1] = 0.1f;
          out[2] = -1e-30f;
        });
    return file;
  }

  @Test
  void readsWhatWasWritten() throws IOException {
    Path file = write();
    try (TasteTable table = TasteTable.open(file)) {
      assertThat(table.size()).isEqualTo(USERS.length);
      assertThat(table.width()).isEqualTo(3);
      for (int row = 0; row < USERS.length; row++) {
        assertThat(table.userId(row)).isEqualTo(USERS[row]);
        assertThat(table.find(USERS[row])).isEqualTo(row);
        float[] out = new float[5];
        table.copy(row, out, 1);
        assertThat(out).containsExactly(0, Long.hashCode(USERS[row]), 0.1f, -1e-30f, 0);
      }
      assertThat(table.find(1)).isEqualTo(-1);
      assertThat(table.find(-5)).isEqualTo(-1);
    }
    // What the documents say it takes, and a header.
    assertThat(Files.size(file)).isBetween(5 * (8 + 4 * 3L), 5 * (8 + 4 * 3L) + 300);
  }

  @Test
  void usersInAnotherOrderAreRefused() {
    Path file = folder.resolve("t");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TasteTable.write(file, new long[] {2, 1}, 1, (_, _) -> {}))
        .withMessage("User ids must ascend but 2 is followed by 1");
    Safetensors.write(
        file,
        Map.of(
            "user_id",
            TensorSource.of(new long[] {2, 2}, 2),
            "taste",
            TensorSource.of(new float[2], 2, 1)));
    assertThatThrownBy(() -> TasteTable.open(file))
        .isInstanceOf(BundleException.class)
        .hasMessage(file + ": user ids must ascend but 2 is followed by 2");
  }

  @Test
  void profilesOfAnotherNumberOfUsersAreRefused() {
    Path file = folder.resolve("t");
    Safetensors.write(
        file,
        Map.of(
            "user_id",
            TensorSource.of(new long[] {2, 3}, 2),
            "taste",
            TensorSource.of(new float[3], 3, 1)));
    assertThatThrownBy(() -> TasteTable.open(file))
        .isInstanceOf(BundleException.class)
        .hasMessage(file + ": tensor 'taste' has shape [3, 1] but there are 2 users");
  }
}
