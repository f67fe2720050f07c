package io.saviorrec.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskSpaceTest {
  @TempDir private Path folder;

  /// What the system says of a full disk.
  private static IOException full() {
    try (OutputStream out = Files.newOutputStream(Path.of("/dev/full"), StandardOpenOption.WRITE)) {
      out.write(1);
      throw new AssertionError("the full device took a byte");
    } catch (IOException e) {
      return e;
    }
  }

  @Test
  void aFullDiskIsNamedWithWhatIsNeeded() {
    assertThat(DiskSpace.failure(folder, 1_234_567, full()))
        .hasMessage(
            "the disk of %s is full: 1,234,567 more bytes are needed there; make room or use another disk",
            folder);
  }

  @Test
  void moreThanTheDiskHasIsAFullDiskWhateverTheSystemSays() {
    assertThat(DiskSpace.failure(folder.resolve("a/b"), Long.MAX_VALUE - 1, new IOException("?")))
        .hasMessageContaining("is full");
  }

  @Test
  void otherReasonsAreKept() {
    assertThat(DiskSpace.failure(folder, 1, new IOException("Read-only file system")))
        .hasMessage("cannot write %s: Read-only file system", folder);
  }

  @Test
  void aFullDiskBehindOtherFailuresIsFound() {
    RuntimeException failure = new IllegalStateException(new UncheckedIOException(full()));
    assertThat(DiskSpace.explain(folder, failure))
        .isInstanceOf(UserError.class)
        .hasMessage("the disk of %s is full; make room or use another disk", folder);
    RuntimeException other = new UncheckedIOException(new FileNotFoundException("x"));
    assertThat(DiskSpace.explain(folder, other)).isSameAs(other);
    UserError told = new UserError("told already", full());
    assertThat(DiskSpace.explain(folder, told)).isSameAs(told);
  }
}
