package io.saviorrec.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.trainer.console.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RepositoryFolderTest {
  @TempDir private Path folder;

  @Test
  void aRepositoryThatCanBeMadeIsNotMadeYet() {
    Path repository = folder.resolve("a").resolve("models");
    assertThatCode(() -> RepositoryFolder.require(repository, "feed")).doesNotThrowAnyException();
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aRepositoryThatLiesBelowAFileIsRefused() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    Path repository = file.resolve("models");
    assertThatThrownBy(() -> RepositoryFolder.require(repository, "feed"))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "%s cannot be the repository: %s is a file; name a folder for the models"
                .formatted(repository, file));
    assertThatThrownBy(() -> RepositoryFolder.require(file, "feed"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(file + " is a file");
  }

  @Test
  void aModelsFolderThatIsAFileIsRefused() throws IOException {
    Path file = Files.writeString(folder.resolve("feed"), "");
    assertThatThrownBy(() -> RepositoryFolder.require(folder, "feed"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(file + " is a file");
    RepositoryFolder.require(folder, "base");
  }

  @Test
  void aRepositoryThatCannotBeWrittenIsRefusedInOneLine() {
    // Nobody, whatever his rights, makes files there.
    Path repository = Path.of("/proc/models");
    assertThatThrownBy(() -> RepositoryFolder.require(repository, "feed"))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(
            "/proc/models cannot be the repository: nothing can be written to /proc")
        .hasMessageEndingWith("; name another folder or allow it")
        .message()
        .doesNotContain("\n", "Exception");
  }

  @Test
  void aModelsNameThatCouldLeaveTheRepositoryIsRefused() {
    assertThatThrownBy(() -> RepositoryFolder.require(folder, "../x"))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("--model: ");
  }
}
