package io.saviorrec.trainer.exposures;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.exposure.ExposureFiles;
import io.saviorrec.trainer.console.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShownLogTest {
  @TempDir private Path folder;

  @Test
  void aRequestMeetsItsClicksAndCountsOnce() throws IOException {
    List<ShownRequest> read = new ArrayList<>();
    ShownLog.Counts counts =
        new TestLog(folder)
            .add(TestLog.row("a", 5, 1, "x", 10, 11), 11, 11)
            .add(TestLog.row("a", 6, 1, "y", 10, 11))
            .add(TestLog.row("", 7, 1, "x", 10))
            .add(TestLog.row("b", 8, 2, "x", 12), 99)
            .write()
            .read(read::add);

    assertThat(read).extracting(each -> each.exposure().requestId()).containsExactly("a", "b");
    assertThat(read.getFirst().exposure().bucket()).isEqualTo("x");
    assertThat(read.getFirst().clicked()).containsExactly(false, true);
    assertThat(counts).isEqualTo(new ShownLog.Counts(2, 1, 1, 3, 0, 1));
  }

  @Test
  void onlyTheFirstOfTheRankingIsShown() throws IOException {
    List<ShownRequest> read = new ArrayList<>();
    new TestLog(folder)
        .add(TestLog.row("a", 5, 1, "x", 10, 11, 12), 11, 12)
        .write(new ShownLog.Window(null, null, 2))
        .read(read::add);

    assertThat(read.getFirst().shown()).containsExactly(true, true, false);
    assertThat(read.getFirst().clicked()).containsExactly(false, true, false);
  }

  @Test
  void onlyTheTimeThatIsAskedForIsRead() throws IOException {
    List<ShownRequest> read = new ArrayList<>();
    TestLog log = new TestLog(folder);
    for (int i = 0; i < 5; i++) {
      log.add(TestLog.row("r" + i, i, 1, "x", 10));
    }
    log.write(new ShownLog.Window(Instant.ofEpochMilli(1), Instant.ofEpochMilli(3), 1))
        .read(read::add);

    assertThat(read).extracting(each -> each.exposure().requestId()).containsExactly("r1", "r2");
    assertThatThrownBy(
            () -> log.write(new ShownLog.Window(Instant.ofEpochMilli(9), null, 1)).read(read::add))
        .isInstanceOf(UserError.class)
        .hasMessageEndingWith("exposures: no request in the time that was asked for");
  }

  @Test
  void clicksThatBelongToNothingAreAnErrorWhereAllOfThemDo() throws IOException {
    ShownLog log = new TestLog(folder).add(TestLog.row("a", 5, 1, "x", 10), 11).write();

    assertThatThrownBy(() -> log.read(_ -> {}))
        .isInstanceOf(UserError.class)
        .hasMessage(
            folder.resolve("clicks.csv")
                + ": none of its 1 clicks is on what "
                + folder.resolve("exposures")
                + " shows; are request_id and item_id those that were scored?");
  }

  @Test
  void whatIsMissingOrBrokenIsNamed() throws IOException {
    TestLog log = new TestLog(folder).add(TestLog.row("a", 5, 1, "x", 10), 10);
    ShownLog written = log.write();
    Files.writeString(log.clicks(), "request,item_id\na,10\n");
    assertThatThrownBy(() -> written.read(_ -> {}))
        .hasMessageContaining("clicks.csv: required column 'request_id' is missing");
    Files.delete(log.clicks());
    assertThatThrownBy(() -> written.read(_ -> {}))
        .hasMessageEndingWith("clicks.csv: no such file");
    Path file = log.exposures().resolve(ExposureFiles.name("1"));
    Files.writeString(log.clicks(), "request_id,item_id\na,10\n");
    Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 60));
    assertThatThrownBy(() -> written.read(_ -> {}))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(file + ": cannot be read as an exposure file");
    Files.delete(file);
    assertThatThrownBy(() -> written.read(_ -> {}))
        .hasMessageContaining("exposures: no exposure file that is whole");
    Files.delete(log.exposures());
    assertThatThrownBy(() -> written.read(_ -> {}))
        .hasMessageContaining("exposures: no such folder");
  }
}
