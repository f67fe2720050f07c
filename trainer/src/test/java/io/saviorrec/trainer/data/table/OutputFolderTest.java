package io.saviorrec.trainer.data.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.trainer.console.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputFolderTest {
  /// Takes nothing: every write fails as on a full disk.
  private static final Path FULL = Path.of("/dev/full");

  @TempDir Path folder;

  @Test
  void appearsWithEverythingThatWasWritten() throws IOException {
    Path out = folder.resolve("new/data");
    String result =
        OutputFolder.fill(
            out,
            staging -> {
              assertThat(out).doesNotExist();
              Files.writeString(staging.resolve("a"), "whole");
              return "done";
            });
    assertThat(result).isEqualTo("done");
    assertThat(out.resolve("a")).hasContent("whole");
    assertThat(out.getParent()).isDirectoryNotContaining(path -> !path.equals(out));
  }

  @Test
  void aFullDiskIsOneLineAndLeavesNothing() throws IOException {
    Path out = folder.resolve("data");
    assertThatExceptionOfType(UserError.class)
        .isThrownBy(
            () ->
                OutputFolder.fill(
                    out,
                    staging -> {
                      Files.writeString(staging.resolve("half"), "half");
                      return Files.writeString(FULL, "x");
                    }))
        .withMessage(out + ": cannot be written: the disk is full");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aTableThatDoesNotFitOnTheDiskIsTheSameLine() {
    Path out = folder.resolve("data");
    assertThatExceptionOfType(UserError.class)
        .isThrownBy(
            () ->
                OutputFolder.fill(
                    out,
                    staging -> {
                      try (Database database = Database.open()) {
                        database.writeParquet(FULL, "SELECT range AS a FROM range(100000)");
                      }
                      return staging;
                    }))
        .withMessage(out + ": cannot be written: the disk is full");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aFileAboveTheFolderIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "x");
    assertThatThrownBy(() -> OutputFolder.fill(file.resolve("data"), staging -> staging))
        .isInstanceOf(UserError.class)
        .hasMessage(file.resolve("data") + ": cannot be written: " + file + " is in the way");
    assertThat(file).hasContent("x");
  }
}
