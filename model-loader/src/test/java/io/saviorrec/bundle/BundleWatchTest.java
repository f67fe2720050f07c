package io.saviorrec.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BundleWatchTest {
  @TempDir private Path repository;
  private Path dir;
  private BundleWatch watch;

  @BeforeEach
  void open() throws IOException {
    dir = BundleFixture.write(repository, "feed");
    watch = Bundle.open(dir).watch();
  }

  @Test
  void nothingIsWrongWithFilesThatNobodyTouched() {
    assertThat(watch.problem()).isEmpty();
    assertThat(watch.problem()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {Bundle.ITEMS, Bundle.ENCODER, Bundle.MANIFEST})
  void aFileThatIsTruncatedOrRewrittenInPlaceIsNoticedAndSoIsItsRepair(String file)
      throws IOException {
    Path path = dir.resolve(file);
    byte[] whole = Files.readAllBytes(path);
    byte[] altered = whole.clone();
    altered[altered.length / 2] ^= 1;
    for (byte[] bytes : List.of(new byte[0], altered)) {
      FileTime modified = Files.getLastModifiedTime(path);
      try (RandomAccessFile open = new RandomAccessFile(path.toFile(), "rw")) {
        open.setLength(0);
        open.write(bytes);
      }
      // Whoever hides a change sets the clock back, too.
      Files.setLastModifiedTime(path, modified);
      for (int look = 0; look < 2; look++) {
        assertThat(watch.problem())
            .contains(
                path
                    + " was truncated or altered after it was opened; put the file back, or put"
                    + " another version beside it");
      }
      Files.write(path, whole);
      assertThat(watch.problem()).isEmpty();
    }
  }

  @Test
  void theSameBytesInAnotherFileAreNoFault() throws IOException {
    Path path = dir.resolve(Bundle.RANKER);
    Path copy = Files.copy(path, repository.resolve("copy"));
    Files.move(copy, path, StandardCopyOption.ATOMIC_MOVE);
    Files.setLastModifiedTime(dir.resolve(Bundle.ITEMS), FileTime.fromMillis(0));
    assertThat(watch.problem()).isEmpty();
  }

  @Test
  void aFileThatIsRemovedIsNoticed() throws IOException {
    Files.delete(dir.resolve(Bundle.GOLDEN));
    assertThat(watch.problem())
        .contains(dir.resolve(Bundle.GOLDEN) + " was removed after it was opened; put it back");
  }

  /// Neither in place nor as another file of the same size.
  @Test
  void aTableThatWasVerifiedOnceIsNotBelievedAfterAChange() throws IOException {
    Bundle bundle = Bundle.openToLoad(dir, TrustedKeys.ANYBODY);
    bundle.items().close();
    bundle.items().close();
    Path path = dir.resolve(Bundle.ITEMS);
    byte[] altered = Files.readAllBytes(path);
    altered[altered.length - 1] ^= 1;
    FileTime modified = Files.getLastModifiedTime(path);

    try (RandomAccessFile open = new RandomAccessFile(path.toFile(), "rw")) {
      open.write(altered);
    }
    Files.setLastModifiedTime(path, modified);
    assertThatThrownBy(bundle::items).hasMessageContaining("is truncated or altered");
    Path copy = Files.write(repository.resolve("copy"), altered);
    Files.setLastModifiedTime(copy, modified);
    Files.move(copy, path, StandardCopyOption.ATOMIC_MOVE);
    assertThatThrownBy(bundle::items).hasMessageContaining("is truncated or altered");
    altered[altered.length - 1] ^= 1;
    Files.write(path, altered);
    bundle.items().close();
  }

  @ParameterizedTest
  @ValueSource(strings = {Bundle.ITEMS, Bundle.ENCODER, Bundle.RANKER})
  void whatIsOpenedToBeLoadedIsVerifiedWhenItIsLoaded(String file) throws IOException {
    byte[] altered = Files.readAllBytes(dir.resolve(file));
    altered[altered.length - 1] ^= 1;
    Files.write(dir.resolve(file), altered);

    assertThatThrownBy(() -> Bundle.open(dir)).hasMessageContaining("is truncated or altered");
    Bundle bundle = Bundle.openToLoad(dir, TrustedKeys.ANYBODY);
    assertThatThrownBy(() -> load(bundle, file)).hasMessageContaining("is truncated or altered");
  }

  private static void load(Bundle bundle, String file) {
    if (file.equals(Bundle.ITEMS)) {
      bundle.items().close();
    } else {
      try (Arena arena = Arena.ofConfined()) {
        bundle.read(file, arena);
      }
    }
  }

  @Test
  void aSignatureMayBeAdded() {
    Path key = repository.resolve("key");
    SigningKey.generate(key, repository.resolve("key.pub"));
    Bundle.open(dir).sign(SigningKey.load(key));
    assertThat(watch.problem()).isEmpty();
  }
}
