package io.saviorrec.trainer.console;

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

class DiskFaultTest {
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
    assertThat(DiskFault.writing(folder, 1_234_567, full()))
        .hasMessage(
            "%s: cannot be written: the disk is full: 1,234,567 more bytes are needed there; make room or use another disk",
            folder);
  }

  @Test
  void moreThanTheDiskHasIsAFullDiskWhateverTheSystemSays() {
    assertThat(DiskFault.writing(folder.resolve("a/b"), Long.MAX_VALUE - 1, new IOException("?")))
        .hasMessageContaining("the disk is full");
  }

  @Test
  void otherReasonsAreKept() {
    assertThat(DiskFault.writing(folder, 1, new IOException("Read-only file system")))
        .hasMessage("%s: cannot be written: read-only file system", folder);
  }

  @Test
  void aFullDiskBehindOtherFailuresIsFound() {
    RuntimeException failure = new IllegalStateException(new UncheckedIOException(full()));
    assertThat(DiskFault.explain(folder, failure))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "%s: cannot be written: the disk is full; make room or use another disk", folder);
    RuntimeException other = new UncheckedIOException(new FileNotFoundException("x"));
    assertThat(DiskFault.explain(folder, other)).isSameAs(other);
    UserError told = new UserError("told already", full());
    assertThat(DiskFault.explain(folder, told)).isSameAs(told);
  }
}
