package io.saviorrec.trainer.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saviorrec.trainer.console.UserError;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PixelStoreTest {
  @TempDir private Path folder;

  private static byte[] row(PixelStore store, int row) {
    byte[] read = {9, 9, 9, 9, 9};
    store.get(row, read, 1);
    assertThat(read[0]).isEqualTo((byte) 9);
    assertThat(read[4]).isEqualTo((byte) 9);
    return new byte[] {read[1], read[2], read[3]};
  }

  @Test
  void givesBackWhatWasPutAndBlackForTheRest() throws IOException {
    try (PixelStore store = PixelStore.create(folder, 5, 3)) {
      store.put(3, new byte[] {1, 2, 3});
      store.put(1, new byte[] {4, 5, 6});
      assertThat(row(store, 0)).containsExactly(0, 0, 0);
      assertThat(row(store, 1)).containsExactly(4, 5, 6);
      assertThat(row(store, 3)).containsExactly(1, 2, 3);
      assertThat(row(store, 4)).containsExactly(0, 0, 0);
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void rowsAreWrittenFromManyThreads() {
    try (PixelStore store = PixelStore.create(folder, 2000, 3)) {
      IntStream.range(0, 2000)
          .parallel()
          .forEach(i -> store.put(i, new byte[] {(byte) i, (byte) (i >> 8), 7}));
      for (int i = 0; i < 2000; i++) {
        assertThat(row(store, i)).containsExactly((byte) i, (byte) (i >> 8), 7);
      }
    }
  }

  @Test
  void aFullDiskIsAnErrorOfTheUserAndNotTheEndOfTheProcess() throws IOException {
    FileChannel full =
        FileChannel.open(Path.of("/dev/full"), StandardOpenOption.READ, StandardOpenOption.WRITE);
    try (PixelStore store = new PixelStore(folder, full, 1000, 3)) {
      assertThatThrownBy(() -> store.put(1, new byte[] {1, 2, 3}))
          .isInstanceOf(UserError.class)
          .hasMessageStartingWith(
              folder + ": cannot be written: the disk is full: 3,000 more bytes");
    }
  }

  @Test
  void aFolderThatCannotBeWrittenIsAnErrorOfTheUser() {
    Path missing = folder.resolve("missing");
    assertThatThrownBy(() -> PixelStore.create(missing, 1, 3))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(missing + ": cannot be written: it does not exist");
  }
}
